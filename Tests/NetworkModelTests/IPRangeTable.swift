import Testing

@testable import NetworkModel

/// The IPv4 range rules as vectors. Columns, with blanks between: id, state, operation, arguments, expected, result.
///
/// - state: ranges that are there, `;` between them, each `L3:kind:START-END/GATEWAY/NETMASK` (kind N Normal, P address
///   pool), `-` for none. All L3 networks stand on one L2 network; those that begin with `pub` are Public.
/// - operation and arguments: `add L3,kind,START,END,GATEWAY|-,NETMASK` or `cidr L3,kind,CIDR,GATEWAY|-`.
/// - expected: `OK`, or the reason of the refusal, which is the rule's id after `range.`.
/// - result: `START-END@GATEWAY` of each interval, `,` between them.
///
/// `M` stands for 255.255.255.0 and `$A` for `A:N:192.168.100.10-192.168.100.100/192.168.100.1/M`.
enum IPRangeTable {
    struct Row: Sendable, CustomTestStringConvertible {
        let id: String
        let state: [String]
        let l3: String
        let text: String
        let expected: String
        let result: String

        var testDescription: String { id }
    }

    static let rows: [Row] = text.split(separator: "\n").map(row)

    /// Where ZStack takes what this model refuses.
    static let mended: [String: (expected: String, why: String)] = [
        "S07": ("loopback", "127.0.0.0/8 never leaves a host (RFC 1122 3.2.1.3); ZStack forgot it."),
        "S08": ("this-network", "0.0.0.0/8 is no guest's address (RFC 1122 3.2.1.3); ZStack forgot it."),
    ]

    private static func row(_ line: Substring) -> Row {
        let long = line.replacing("$A", with: "A:N:192.168.100.10-192.168.100.100/192.168.100.1/M")
            .replacing("M", with: "255.255.255.0")
        let columns = long.split(separator: " ").map(String.init)
        precondition(columns.count == 6, "a row has six columns: \(line)")
        let arguments = columns[3].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let isAddition = columns[2] == "add"
        precondition(arguments.count == (isAddition ? 6 : 4), "arguments of \(line)")
        let gateway = isAddition ? arguments[4] : arguments[3]
        let words =
            (isAddition ? ["\(arguments[2])-\(arguments[3])", "netmask=\(arguments[5])"] : [arguments[2]])
            + (gateway == "-" ? [] : ["gateway=\(gateway)"]) + (arguments[1] == "P" ? ["type=AddressPool"] : [])
        return Row(
            id: columns[0], state: columns[1] == "-" ? [] : columns[1].split(separator: ";").map(String.init),
            l3: arguments[0], text: words.joined(separator: " "), expected: columns[4], result: columns[5])
    }

    private static let text = """
        R01 - add A,N,192.168.0.10,192.168.0.50,192.168.0.1,M OK 192.168.0.10-192.168.0.50@192.168.0.1
        R02 - add A,N,192.168.0.60,192.168.0.100,192.168.0.254,M OK 192.168.0.60-192.168.0.100@192.168.0.254
        R03 - add A,N,192.168.0.10,192.168.0.10,192.168.0.1,M OK 192.168.0.10-192.168.0.10@192.168.0.1
        R04 - add A,N,192.168.0.50,192.168.0.10,192.168.0.1,M reversed -
        R05 - add A,N,192.168.0.10,192.168.0.50,-,M gateway-required -
        R06 - add A,N,192.168.0.10,192.168.0.300,192.168.0.1,M malformed -
        R07 - add A,N,192.168.0.10,192.168.0.50,192.168.0.1,255.255.0.255 netmask -
        R08 - add A,N,192.168.0.10,192.168.0.50,192.168.0.1,255.255.255.1 netmask -
        R09 - add A,N,10.0.0.2,10.0.0.9,10.0.0.1,0.0.0.0 netmask -
        R10 - add A,N,192.168.0.10,192.168.0.50,192.168.1.1,M gateway-not-in-subnet -
        R11 - add A,N,192.168.0.10,192.168.0.50,192.168.0.0,M gateway-not-in-subnet -
        R12 - add A,N,192.168.0.10,192.168.0.50,192.168.0.255,M gateway-not-in-subnet -
        R13 - add A,N,192.168.0.10,192.168.0.50,192.168.0.30,M gateway-in-range -
        R14 - add A,N,192.168.0.10,192.168.0.50,192.168.0.10,M gateway-in-range -
        R15 - add A,N,192.168.0.10,192.168.0.50,192.168.0.50,M gateway-in-range -
        R16 - add A,N,192.168.0.0,192.168.0.50,192.168.0.60,M network-or-broadcast -
        R17 - add A,N,192.168.0.10,192.168.0.255,192.168.0.1,M network-or-broadcast -
        R18 - add A,N,192.168.0.10,192.168.1.50,192.168.0.1,M end-not-in-subnet -
        R19 - add A,N,192.168.0.1,192.168.0.254,192.168.0.1,M gateway-in-range -
        R20 - add A,N,192.168.0.2,192.168.0.254,192.168.0.1,M OK 192.168.0.2-192.168.0.254@192.168.0.1
        R21 - add A,N,192.168.101.13,196.168.100.13,192.168.101.1,M end-not-in-subnet -
        R21b - add A,N,192.168.101.13,196.168.100.13,192.168.100.1,M gateway-not-in-subnet -
        R22 - add A,N,10.0.0.1,10.0.0.1,10.0.0.1,255.255.255.255 gateway-not-in-subnet -
        R23 - add A,N,10.0.0.0,10.0.0.1,10.0.0.1,255.255.255.254 gateway-not-in-subnet -
        R24 - add A,N,10.0.0.2,10.0.0.2,10.0.0.1,255.255.255.252 OK 10.0.0.2-10.0.0.2@10.0.0.1
        R25 - add A,N,10.0.1.0,10.0.1.100,10.0.0.1,255.0.0.0 OK 10.0.1.0-10.0.1.100@10.0.0.1
        R26 - add A,N,10.0.0.255,10.0.1.0,10.0.0.1,255.255.254.0 OK 10.0.0.255-10.0.1.0@10.0.0.1
        R27 - add A,N,192.168.0.010,192.168.0.50,192.168.0.1,M malformed -
        S01 - add A,N,224.0.0.2,224.0.0.9,224.0.0.1,M multicast -
        S02 - add A,N,239.255.255.2,239.255.255.9,239.255.255.1,M multicast -
        S03 - add A,N,240.0.0.2,240.0.0.9,240.0.0.1,M class-e -
        S04 - add A,N,255.255.255.2,255.255.255.9,255.255.255.1,M class-e -
        S05 - add A,N,169.254.0.2,169.254.0.9,169.254.0.1,M OK 169.254.0.2-169.254.0.9@169.254.0.1
        S06 - add A,N,169.254.1.2,169.254.1.9,169.254.1.1,M link-local -
        S06b - add A,N,169.254.0.250,169.254.1.0,169.254.0.1,255.255.0.0 link-local -
        S06c - add A,N,169.254.255.2,169.254.255.9,169.254.255.1,M OK 169.254.255.2-169.254.255.9@169.254.255.1
        S07 - add A,N,127.0.0.2,127.0.0.9,127.0.0.1,255.0.0.0 OK 127.0.0.2-127.0.0.9@127.0.0.1
        S08 - add A,N,0.0.0.2,0.0.0.9,0.0.0.1,M OK 0.0.0.2-0.0.0.9@0.0.0.1
        S09 - add A,N,223.255.255.2,224.0.0.9,223.255.255.1,M multicast -
        S10 - add A,N,239.255.255.250,240.0.0.9,239.255.255.1,M multicast -
        S11 - add A,N,223.255.255.2,223.255.255.9,223.255.255.1,M OK 223.255.255.2-223.255.255.9@223.255.255.1
        O01 $A add A,N,192.168.100.50,192.168.100.150,192.168.100.1,M overlap -
        O02 $A add A,N,192.168.100.100,192.168.100.150,192.168.100.1,M overlap -
        O03 $A add A,N,192.168.100.101,192.168.100.150,192.168.100.1,M OK 192.168.100.101-192.168.100.150@192.168.100.1
        O04 $A add A,N,192.168.100.5,192.168.100.9,192.168.100.1,M OK 192.168.100.5-192.168.100.9@192.168.100.1
        O05 $A add A,N,192.168.100.5,192.168.100.150,192.168.100.1,M overlap -
        O06 $A add A,N,192.168.100.20,192.168.100.30,192.168.100.1,M overlap -
        O07 $A add B,N,192.168.100.50,192.168.100.150,192.168.100.1,M overlap -
        O08 $A add B,N,192.168.100.101,192.168.100.200,192.168.100.1,M OK 192.168.100.101-192.168.100.200@192.168.100.1
        O09 $A add B,N,192.168.100.10,192.168.100.100,192.168.100.1,M overlap -
        O10 $A cidr B,N,192.168.100.0/24,- overlap -
        O11 $A cidr B,N,192.168.0.0/16,- overlap -
        O12 $A cidr B,N,192.168.100.0/25,- overlap -
        O13 $A add A,N,192.168.100.5,192.168.100.10,192.168.100.1,M overlap -
        O14 $A cidr B,N,192.168.100.128/25,- OK 192.168.100.130-192.168.100.254@192.168.100.129
        O15 $A;B:N:10.0.0.10-10.0.0.20/10.0.0.1/M add C,N,10.0.0.20,10.0.0.30,10.0.0.1,M overlap -
        U01 A:N:10.0.1.101-10.0.1.200/10.0.1.1/255.0.0.0 \
        add A,N,10.0.2.101,10.0.2.200,10.0.2.1,255.0.0.0 gateway-mismatch -
        U02 $A add A,N,192.168.100.150,192.168.100.200,192.168.100.1,M OK 192.168.100.150-192.168.100.200@192.168.100.1
        U03 $A add A,N,192.168.101.10,192.168.101.50,192.168.101.1,M cidr-mismatch -
        U04 $A add A,N,192.168.100.140,192.168.100.150,192.168.100.129,255.255.255.128 cidr-mismatch -
        U05 $A add A,N,192.168.100.130,192.168.100.140,192.168.100.1,255.255.254.0 cidr-mismatch -
        U06 $A add B,N,192.168.101.10,192.168.101.50,192.168.101.1,M OK 192.168.101.10-192.168.101.50@192.168.101.1
        C01 - cidr A,N,192.168.0.0/24,- OK 192.168.0.2-192.168.0.254@192.168.0.1
        C02 - cidr A,N,192.168.0.77/24,- OK 192.168.0.2-192.168.0.254@192.168.0.1
        C03 - cidr A,N,192.168.211.0/24,192.168.211.254 OK 192.168.211.1-192.168.211.253@192.168.211.254
        C04 - cidr A,N,192.168.212.0/24,192.168.212.1 OK 192.168.212.2-192.168.212.254@192.168.212.1
        C05 - cidr A,N,192.168.214.0/24,192.168.214.100 OK \
        192.168.214.1-192.168.214.99@192.168.214.100,192.168.214.101-192.168.214.254@192.168.214.100
        C06 - cidr A,N,192.168.9.0/24,192.168.9.2 OK \
        192.168.9.1-192.168.9.1@192.168.9.2,192.168.9.3-192.168.9.254@192.168.9.2
        C07 - cidr A,N,192.168.214.0/24,192.168.215.1 gateway-not-in-subnet -
        C08 - cidr A,N,192.168.214.0/24,192.168.214.0 gateway-not-in-subnet -
        C09 - cidr A,N,192.168.214.0/24,192.168.214.255 gateway-not-in-subnet -
        C10 - cidr A,N,10.0.0.0/30,- OK 10.0.0.2-10.0.0.2@10.0.0.1
        C11 - cidr A,N,10.0.0.0/30,10.0.0.2 OK 10.0.0.1-10.0.0.1@10.0.0.2
        C12 - cidr A,N,10.0.0.0/31,- cidr-no-hosts -
        C13 - cidr A,N,10.0.0.1/32,- cidr-no-hosts -
        C14 - cidr A,N,10.0.0.0/33,- cidr-malformed -
        C15 - cidr A,N,10.0.0/24,- cidr-malformed -
        C16 - cidr A,N,10.0.0.0,- cidr-malformed -
        C17 - cidr A,N,10.0.0.0/8,- OK 10.0.0.2-10.255.255.254@10.0.0.1
        C18 - cidr A,N,224.0.0.0/24,- multicast -
        C19 - cidr A,N,128.0.0.0/1,- multicast -
        C20 - cidr A,N,169.254.0.0/16,- link-local -
        C20b - cidr A,N,0.0.0.0/0,- multicast -
        C21 - cidr A,N,172.16.128.0/17,- OK 172.16.128.2-172.16.255.254@172.16.128.1
        C22 $A cidr A,N,192.168.101.0/24,- cidr-mismatch -
        C23 - cidr A,N,10.0.0.0/24/24,- cidr-malformed -
        C24 - cidr A,N,10.0.0.0/,- cidr-malformed -
        C25 - cidr A,N,300.0.0.0/24,- cidr-malformed -
        P01 - cidr A,P,100.64.101.0/24,- pool-needs-public -
        P02 - cidr pub,P,100.64.101.0/24,- OK 100.64.101.1-100.64.101.254@100.64.101.1
        P03 - add pub,P,100.64.101.0,100.64.101.255,-,M gateway-not-in-subnet -
        P04 - add pub,P,100.64.101.0,100.64.101.10,-,M gateway-not-in-subnet -
        P05 - add pub,P,100.64.101.240,100.64.101.255,-,M network-or-broadcast -
        P06 - add pub,P,100.64.101.5,100.64.101.9,-,M OK 100.64.101.5-100.64.101.9@100.64.101.5
        P07 pub:N:11.168.100.10-11.168.100.100/11.168.100.1/M \
        add pub,P,12.16.10.5,12.16.10.9,-,M OK 12.16.10.5-12.16.10.9@12.16.10.5
        P08 pub:N:11.168.100.10-11.168.100.100/11.168.100.1/M add pub,P,11.168.100.90,11.168.100.120,-,M overlap -
        P09 pub:P:12.16.10.5-12.16.10.9/12.16.10.5/M add pub,P,12.16.10.9,12.16.10.12,-,M overlap -
        P10 pub:P:12.16.10.5-12.16.10.9/12.16.10.5/M \
        add pub,P,12.17.10.5,12.17.10.9,-,M OK 12.17.10.5-12.17.10.9@12.17.10.5
        P11 pub:P:12.16.10.5-12.16.10.9/12.16.10.5/M \
        add pub,N,11.0.0.5,11.0.0.9,11.0.0.1,M OK 11.0.0.5-11.0.0.9@11.0.0.1
        P12 - add A,P,100.64.101.5,100.64.101.9,-,M pool-needs-public -
        """
}
