import Testing

@testable import NetworkModel

/// Addresses that NICs get, keep and lose. The names are rows of the behaviour cases, §7d, §7e, §8 and §12. What a DHCP
/// server takes there, a NIC takes here.
struct NICAddressTests {
    let lab: VMLab
    var builder: ModelBuilder { lab.builder }

    init() throws {
        lab = try VMLab()
    }

    private func network(_ name: String, _ strategy: String, _ ranges: String...) throws -> ObjectID {
        let l3 = try builder.l3(name, on: lab.fixture.v11)
        try builder.set(l3, .allocation, strategy)
        for (index, range) in ranges.enumerated() { try builder.range("r\(index)", in: l3, range) }
        return l3
    }

    /// A stopped VM with one NIC, which asks for `address` if there is one; answers what it got.
    @discardableResult
    private func take(_ l3: ObjectID, _ address: String? = nil) throws -> (vm: ObjectID, got: String) {
        let vm = try builder.create("v\(builder.model.makeID())", in: lab.fixture.z1, .vms)
        try lab.nic(vm, on: l3, address.map { [.ip: $0] } ?? [:])
        return (vm, lab.addresses(of: vm).joined(separator: " "))
    }

    private func remove(_ vm: ObjectID) throws {
        for nic in lab.nics(of: vm) { try builder.run(.delete(nic.record.id)) }
        try builder.run(.delete(vm))
    }

    @Test func `AL-12 what was released is not given again at once`() throws {
        let l3 = try network("n", "AscDelayRecycle", "10.1.0.2-10.1.0.11/24 gateway=10.1.0.1")
        let got = try (0..<5).map { _ in try take(l3) }
        #expect(got.map(\.got) == ["10.1.0.2", "10.1.0.3", "10.1.0.4", "10.1.0.5", "10.1.0.6"])
        try remove(got[4].vm)
        #expect(try take(l3).got == "10.1.0.7")
    }

    @Test func `AL-14 and AL-15 around all ranges, in the order of addresses`() throws {
        let l3 = try network(
            "n", "AscDelayRecycle", "10.1.0.5-10.1.0.11/24 gateway=10.1.0.1",
            "10.1.0.65-10.1.0.80/24 gateway=10.1.0.1", "10.1.0.35-10.1.0.50/24 gateway=10.1.0.1")
        func next(_ address: String? = nil) throws -> String { try take(l3, address).got }
        #expect(try next() == "10.1.0.5")
        #expect(try next() == "10.1.0.6")
        let seven = try take(l3)
        #expect(seven.got == "10.1.0.7")
        _ = try next("10.1.0.10")
        #expect(try next() == "10.1.0.8")
        _ = try next("10.1.0.37")
        #expect(try [next(), next()] == ["10.1.0.9", "10.1.0.11"])
        try remove(seven.vm)
        #expect(try [next(), next(), next()] == ["10.1.0.35", "10.1.0.36", "10.1.0.38"])
        let ranges = builder.model.children(of: l3, in: .ranges)
        let address = try #require(IPAddress("10.1.0.37"))
        let static37 = try #require(builder.model.nic(ofL3: l3, having: address))
        expect(
            builder.refusal(of: .delete(ranges[2])), "range.in-use", .busy,
            "Addresses of l3/n/ranges/r2 are in use: 10.1.0.37 by \(builder.model.path(of: static37)).")
        try builder.run(.delete(static37))
        try builder.run(.delete(ranges[2]))
        #expect(try next() == "10.1.0.65")
        try builder.run(.delete(ranges[1]))
        #expect(try next() == "10.1.0.7")
    }

    @Test func `AL-17 another strategy begins from the beginning`() throws {
        let l3 = try network("n", "AscDelayRecycle", "10.1.0.5-10.1.0.50/24 gateway=10.1.0.1")
        try remove(try take(l3).vm)
        #expect(try take(l3).got == "10.1.0.6")
        try builder.set(l3, .allocation, "Random")
        #expect(builder.text(l3, .cursor4) == nil)
        try builder.set(l3, .allocation, "AscDelayRecycle")
        #expect(try take(l3).got == "10.1.0.5")
        try builder.set(l3, .allocation, "FirstAvailable")
        #expect(try take(l3).got == "10.1.0.7")
    }

    @Test func `AL-29 and AL-30 a range goes under VMs that do not run`() throws {
        let vm = try lab.vm("v", on: lab.a, lab.b)
        try lab.start(vm)
        expect(builder.refusal(of: .delete(lab.rangeOfA)), "range.in-use", .busy)
        try lab.stop(vm)
        try builder.run(.delete(lab.rangeOfA))
        #expect(lab.addresses(of: vm) == ["10.0.0.10"])
        try builder.range("new", in: lab.a, "10.0.1.10-10.0.1.29/24 gateway=10.0.1.1")
        try lab.start(vm)
        #expect(lab.addresses(of: vm) == ["10.0.1.10", "10.0.0.10"])
    }

    @Test func `a range is resized where that takes no address from anybody`() throws {
        let vm = try lab.vm("v", on: lab.a)
        try builder.set(try #require(lab.nics(of: vm).first).record.id, .ip, "10.0.0.25")
        expect(
            builder.refusal(of: builder.setting(lab.rangeOfA, .value, "10.0.0.10-10.0.0.24/24 gateway=10.0.0.1")),
            "range.in-use", .busy,
            "Addresses of l3/a/ranges/r are in use: 10.0.0.25 by zones/z1/vms/v/nics/nic0.")
        try builder.set(lab.rangeOfA, .value, "10.0.0.20-10.0.0.29/24 gateway=10.0.0.1")
        #expect(lab.addresses(of: vm) == ["10.0.0.25"])
        #expect(lab.addresses(of: try lab.vm("next", on: lab.a)) == ["10.0.0.20"])
    }

    @Test func `RS-10 and RS-11 addresses in use are left alone, and kept back when they are released`() throws {
        let vms = try (0..<2).map { try lab.vm("v\($0)", on: lab.dual) }
        try builder.reserved("four", in: lab.dual, "10.0.0.30-10.0.0.39")
        #expect(vms.map { lab.addresses(of: $0) } == [["10.0.0.30", "fd00::10"], ["10.0.0.31", "fd00::11"]])
        #expect(lab.addresses(of: try lab.vm("next", on: lab.dual)) == ["10.0.0.40", "fd00::12"])
        try remove(vms[0])
        #expect(lab.addresses(of: try lab.vm("last", on: lab.dual)) == ["10.0.0.41", "fd00::10"])
    }

    @Test func `V6-13 and V6-14 IPv6 ranges that are full`() throws {
        let two = try network("two", "FirstAvailable", "fd01::2-fd01::3/64 gateway=fd01::1")
        try take(two)
        try take(two)
        let third = try lab.nic(try lab.vm("v"), on: nil)
        expect(
            builder.refusal(of: lab.linking(third, .l3, two)), "l3.addresses.exhausted", .noSpace,
            "l3/two has no free IPv6 address: of 2, 2 are in use and 0 are kept back.")
        let small = try network("small", "FirstAvailable", "fd02::/124")
        let got = try (0..<14).map { _ in try take(small).got }
        #expect(got.first == "fd02::2" && got.last == "fd02::f")
        expect(builder.refusal(of: lab.linking(third, .l3, small)), "l3.addresses.exhausted", .noSpace)
    }

    @Test func `V6-16 the IPv6 range goes, and the NIC keeps its IPv4 address`() throws {
        let vm = try lab.vm("v", on: lab.dual)
        try builder.run(.delete(try #require(builder.model.children(of: lab.dual, in: .ranges).last)))
        #expect(lab.addresses(of: vm) == ["10.0.0.30"])
    }

    @Test func `addresses that guests make go with the last range of their subnet`() throws {
        let l3 = try network("slaac", "FirstAvailable", "fd03::10-fd03::1f/64 gateway=fd03::1 mode=SLAAC")
        let second = try builder.range("second", in: l3, "fd03::20-fd03::2f/64 gateway=fd03::1 mode=SLAAC")
        let vm = try builder.create("v", in: lab.fixture.z1, .vms)
        try lab.nic(vm, on: l3, [.mac: "fa:00:00:00:00:01"])
        #expect(lab.addresses(of: vm) == ["fd03::f800:ff:fe00:1"])
        try builder.run(.delete(second))
        #expect(lab.addresses(of: vm) == ["fd03::f800:ff:fe00:1"])
        try builder.run(.delete(try #require(builder.model.children(of: l3, in: .ranges).first)))
        #expect(lab.addresses(of: vm).isEmpty)
    }

    @Test func `a MAC address that another NIC took meanwhile is chosen anew`() throws {
        let (vm, other) = (try lab.vm("v", on: lab.a), try lab.vm("w", on: lab.a))
        let nic = try #require(lab.nics(of: vm).first)
        let chosen = try #require(nic.mac)
        try builder.set(nic.record.id, .mac, "fa:00:00:00:00:01")
        try builder.set(try #require(lab.nics(of: other).first).record.id, .mac, "\(chosen)")
        try builder.run(.unset(nic.record.id, .mac))
        let anew = try #require(lab.nics(of: vm).first?.mac)
        #expect(anew != chosen && "\(anew)" != "fa:00:00:00:00:01")
    }

    // MARK: - Removal

    @Test func `CA-05 and CA-06 what rm -rf has taken bare goes, and VMs run on`() throws {
        let vm = try lab.vm("v", on: lab.a, lab.b)
        try lab.start(vm)
        try builder.run(.leave(lab.a, .allocation, isFinal: false))
        // Its range is still there.
        expect(
            builder.refusal(of: .unset(lab.a, .l2)), "l3.l2.in-use", .busy,
            "NICs of running VMs are on l3/a; its L2 network cannot change under them.")
        try builder.run(.leave(lab.rangeOfA, .value, isFinal: false))
        try builder.run(.settle(lab.rangeOfA, .value, left: nil))
        #expect(lab.addresses(of: vm) == ["10.0.0.10"])
        // The link goes at once, and last.
        try builder.run(.unset(lab.a, .l2))
        #expect(lab.nics(of: vm).map { $0.record.target } == [nil, lab.b])
        try builder.run(.delete(lab.a))
        #expect(
            lab.ports(lab.fixture.v10, lab.fixture.h1).isEmpty && lab.ports(lab.fixture.nv1, lab.fixture.h1).count == 1)
        #expect(builder.fact(vm, "status") == "Running" && lab.nics(of: vm).count == 2)
    }

    @Test func `RE-21 and RE-31 detached by force, NICs go and VMs run on`() throws {
        let vm = try lab.vm("v", on: lab.a, lab.b)
        let other = try lab.vm("w", on: lab.a)
        try builder.run(lab.linking(other, .host, lab.fixture.h3))
        try lab.start(vm)
        try lab.start(other)
        expect(
            builder.refusal(of: .delete(lab.v10OnC1)), "l2.detach.in-use", .busy,
            "VMs in zones/z1/clusters/c1 use zones/z1/l2/v10: zones/z1/vms/v.")
        try builder.run(.detachByForce(lab.v10OnC1))
        try builder.settle()
        try builder.run(.progress(.detached(lab.v10OnC1)))
        #expect(lab.nics(of: vm).map { $0.record.target } == [lab.b])
        #expect(builder.fact(vm, "status") == "Running" && lab.host(of: vm) == lab.fixture.h1)
        #expect(lab.ports(lab.fixture.v10, lab.fixture.h3).count == 1 && lab.nics(of: other).count == 1)
        try builder.run(.detachByForce(lab.nv1OnC1))
        #expect(lab.nics(of: vm).isEmpty && lab.host(of: vm) == lab.fixture.h1)
    }
}
