import AgentProtocol
import Testing

@Suite("Cutting bytes into lines")
struct LineDecoderTests {
    @Test("lines come whole, however the bytes are cut")
    func cuts() {
        let stream = Array("one\n\ntwo\nthr".utf8)
        for size in 1...stream.count {
            var decoder = LineDecoder()
            var lines: [LineDecoder.Line] = []
            for start in stride(from: 0, to: stream.count, by: size) {
                lines += decoder.append(stream[start..<min(start + size, stream.count)])
            }
            #expect(lines == [.bytes(Array("one".utf8)), .bytes(Array("two".utf8))], "pieces of \(size) bytes")
            #expect(decoder.append(Array("ee\n".utf8)) == [.bytes(Array("three".utf8))])
        }
    }

    @Test("a line of 1 MiB is a line, one byte more is not, and the next line is read again")
    func limit() {
        var decoder = LineDecoder()
        let longest = [UInt8](repeating: UInt8(ascii: "x"), count: LineDecoder.longestLine)
        #expect(decoder.append(longest) == [])
        #expect(decoder.append([UInt8(ascii: "\n")]) == [.bytes(longest)])
        #expect(decoder.append(longest + [UInt8(ascii: "x")]) == [])
        #expect(
            decoder.append(Array("yy\nnext\n".utf8))
                == [.tooLong(bytes: LineDecoder.longestLine + 3), .bytes(Array("next".utf8))])
    }
}
