@testable import NetworkModel

/// Zone z1 {cluster c1 {hosts h1, h2}, cluster c2 {host h3}}, zone z2, and the L2 networks of z1: untagged `nv0` and
/// `nv0b` on eth0 and `nv1` on eth1; VLAN 10 on eth0 as `v10` and `v10b`, VLAN 11 on eth0 as `v11`, VLAN 10 on eth1 as
/// `v10e1`. All hosts are Connected.
struct Fixture {
    let builder = ModelBuilder()
    let z1, z2, c1, c2, h1, h2, h3: ObjectID
    let nv0, nv0b, nv1, v10, v10b, v11, v10e1: ObjectID

    var model: Model { builder.model }

    init() throws {
        z1 = try builder.zone("z1")
        z2 = try builder.zone("z2")
        c1 = try builder.cluster("c1", in: z1)
        c2 = try builder.cluster("c2", in: z1)
        h1 = try builder.host("h1", in: c1, "netns:h1")
        h2 = try builder.host("h2", in: c1, "netns:h2")
        h3 = try builder.host("h3", in: c2, "netns:h3")
        builder.connect(h1, h2, h3)
        nv0 = try builder.l2("nv0", in: z1, "eth0")
        nv0b = try builder.l2("nv0b", in: z1, "eth0")
        nv1 = try builder.l2("nv1", in: z1, "eth1")
        v10 = try builder.l2("v10", in: z1, "eth0", vlan: 10)
        v10b = try builder.l2("v10b", in: z1, "eth0", vlan: 10)
        v11 = try builder.l2("v11", in: z1, "eth0", vlan: 11)
        v10e1 = try builder.l2("v10e1", in: z1, "eth1", vlan: 10)
    }
}
