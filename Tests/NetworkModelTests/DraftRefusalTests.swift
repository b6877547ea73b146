import Testing

@testable import NetworkModel

/// What is wrong with a staged directory is told all at once, and nothing of it is done.
struct DraftRefusalTests {
    let fixture: Fixture
    let maker = DraftMaker()
    var builder: ModelBuilder { fixture.builder }
    var model: Model { fixture.model }

    init() throws { fixture = try Fixture() }

    private func refusal(
        _ draft: Draft, in parent: ObjectID, _ collection: CollectionID, as name: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> Refusal? {
        let before = ModelSnapshot(model)
        let leavings = model.leavings
        let refusal = builder.refusal(of: builder.planting(draft, in: parent, collection, as: name))
        #expect(ModelSnapshot(model) == before, "a refusal changes nothing", sourceLocation: sourceLocation)
        #expect(model.leavings == leavings, sourceLocation: sourceLocation)
        let broken = ModelInvariants.broken(in: model)
        #expect(broken.isEmpty, "nor the indexes", sourceLocation: sourceLocation)
        return refusal
    }

    /// The problems, as `PATH RULE ERROR`.
    private func problems(_ refusal: Refusal?) -> Set<String> {
        Set((refusal?.problems ?? []).map { "\($0.path) \($0.refusal.rule) \($0.refusal.error.symbol)" })
    }

    @Test func `every kind of problem at once`() throws {
        let draft = maker.directory(
            "x",
            files: [("state", "On"), ("colour", "red"), ("clusters", "a file")],
            links: [("description", "elsewhere"), ("favourite", "../z2")],
            [
                maker.directory("racks"),
                maker.directory("state", files: [("x", "y")]),
                maker.directory(
                    "l2", files: [("note", "a file among directories")], links: [("v9", "v10")],
                    [
                        maker.directory(
                            "bad", files: [("vlan", "5000"), ("mtu", "big")],
                            [
                                maker.directory(
                                    "clusters", files: [("file", "c1")],
                                    links: [
                                        ("nowhere", "../../../clusters/nope"), ("out", "../../../../../../../etc"),
                                        ("zone", "../../../../z2"),
                                    ], [maker.directory("directory")])
                            ]),
                        maker.directory(String(repeating: "n", count: 256)),
                        maker.directory("tab\there"),
                    ]),
                maker.directory(
                    "clusters",
                    [
                        maker.directory(
                            "c1", files: [("hypervisor", "Xen")],
                            [
                                maker.directory(
                                    "hosts",
                                    [
                                        maker.directory("h1", files: [("connection", "netns:h1")]),
                                        maker.directory("h8", files: [("connection", "telnet://h8")]),
                                        maker.directory("h9", files: [("connection", "simulator:")]),
                                    ])
                            ])
                    ]),
            ])
        let refusal = refusal(draft, in: .root, .zones, as: "z9")
        let long = String(repeating: "n", count: 256)
        let expected: Set<String> = [
            "state state.unknown EINVAL", "colour attribute.unknown EPERM",
            "clusters collection.is-directory EPERM", "description attribute.is-file EPERM",
            "favourite attribute.unknown EPERM", "racks attribute.unknown EPERM", "state attribute.is-file EPERM",
            "l2/note tree.wrong-form EPERM", "l2/v9 tree.wrong-form EPERM", "l2/bad/vlan l2.vlan.out-of-range ERANGE",
            "l2/bad/mtu l2.mtu.not-a-number EINVAL", "l2/bad/clusters/file tree.wrong-form EPERM",
            "l2/bad/clusters/directory tree.wrong-form EPERM", "l2/bad/clusters/nowhere link.no-target ENOENT",
            "l2/bad/clusters/out link.outside EINVAL", "l2/bad/clusters/zone link.wrong-target EINVAL",
            "l2/\(long) name.too-long ENAMETOOLONG", "l2/tab\there name.malformed EINVAL",
            "clusters/c1/hypervisor cluster.hypervisor.unknown EPROTONOSUPPORT",
            "clusters/c1/hosts/h1/connection host.connection.taken ENOTUNIQ",
            "clusters/c1/hosts/h8/connection host.connection.malformed EINVAL",
            "clusters/c1/hosts/h9/connection host.connection.hypervisor EINVAL",
        ]
        let found = problems(refusal)
        #expect(found.subtracting(expected).isEmpty)
        #expect(expected.subtracting(found).isEmpty)
        #expect(refusal?.problems.count == expected.count, "each problem once")
        #expect(refusal?.rule == "staged.refused")
        #expect(refusal?.problems.allSatisfy { !$0.refusal.remedy.isEmpty && $0.refusal.reason.hasSuffix(".") } == true)
        #expect(refusal?.reason.hasSuffix(" (and 2 more)") == true, "twenty are spelled out, all are in errors")
    }

    @Test func `the summary names each problem, and fails with the error of the first`() throws {
        let draft = maker.directory(
            "x", files: [("vlan", "5000"), ("mtu", "big")],
            [maker.directory("clusters", links: [("c9", "../../../clusters/c9")])])
        let refusal = refusal(draft, in: fixture.z1, .l2Networks, as: "new")
        expect(
            refusal, "staged.refused", .range,
            "The directory cannot become zones/z1/l2/new: 3 problems. "
                + "vlan: vlan must be from 1 to 4094, not '5000'. mtu: mtu must be a number, not 'big'. "
                + "clusters/c9: '../../../clusters/c9' leads to @/zones/z1/clusters/c9, which does not exist.")
        #expect(refusal?.remedy == "Mend it where it is, and rename it again.")
        // The same, the other way round.
        let turned = maker.directory("x", files: [("mtu", "big"), ("vlan", "5000")])
        expect(
            self.refusal(turned, in: fixture.z1, .l2Networks, as: "new"), "staged.refused", .invalid,
            "The directory cannot become zones/z1/l2/new: 2 problems. "
                + "mtu: mtu must be a number, not 'big'. vlan: vlan must be from 1 to 4094, not '5000'.")
    }

    @Test func `one problem is one problem`() throws {
        let refusal = refusal(
            maker.directory("x", files: [("vlan", "0")]), in: fixture.z1, .l2Networks, as: "new")
        expect(
            refusal, "staged.refused", .range,
            "The directory cannot become zones/z1/l2/new: 1 problem. vlan: vlan must be from 1 to 4094, not '0'.")
    }

    @Test func `the name is taken, or cannot be given`() throws {
        let draft = maker.directory("x")
        var refusal = refusal(draft, in: fixture.z1, .l2Networks, as: "v10")
        expect(
            refusal, "staged.refused", .exists,
            "The directory cannot become zones/z1/l2/v10: 1 problem. There is already an L2 network zones/z1/l2/v10.")
        #expect(refusal?.problems.map(\.path) == [""], "it is the directory itself")
        #expect(refusal?.objects == ["zones/z1/l2/v10"])
        refusal = self.refusal(draft, in: fixture.z1, .l2Networks, as: "a/b")
        #expect(problems(refusal) == [" name.malformed EINVAL"])
        try builder.run(.delete(fixture.h1))
        refusal = self.refusal(draft, in: fixture.c1, .hosts, as: "h1")
        #expect(problems(refusal) == [" name.leaving EBUSY"])
    }

    @Test func `places where no directory becomes anything`() throws {
        let l3 = try builder.l3("a")
        expect(
            refusal(maker.directory("x"), in: l3, .ranges, as: "r"), "tree.wrong-form", .notPermitted,
            "ranges holds IP ranges, which are files.")
        expect(
            refusal(maker.directory("x"), in: fixture.nv0, .attachments, as: "c1"), "tree.wrong-form", .notPermitted,
            "clusters holds attachments, which are links.")
        expect(
            refusal(maker.directory("x"), in: fixture.z1, .hosts, as: "h"), "attribute.unknown", .notPermitted,
            "A zone has nothing named 'h'.")
        expect(refusal(maker.directory("x"), in: ObjectID(9_999), .zones, as: "z"), "object.not-found", .notFound)
    }

    @Test func `a link that is no link, and a file that is one`() throws {
        let l3 = maker.directory(
            "x", files: [("l2", "../../zones/z1/l2/nv0")], links: [("mtu", "1400")],
            [maker.directory("category"), maker.directory("ranges", links: [("r", "s")])])
        #expect(
            problems(refusal(l3, in: .root, .l3Networks, as: "a")) == [
                "l2 attribute.is-link EPERM", "mtu attribute.is-file EPERM", "category attribute.is-file EPERM",
                "ranges/r tree.wrong-form EPERM",
            ])
        let link = maker.directory("x", links: [("l2", "../../zones/z1")])
        #expect(problems(refusal(link, in: .root, .l3Networks, as: "a")) == ["l2 link.wrong-target EINVAL"])
        let directory = maker.directory("x", [maker.directory("l2")])
        #expect(problems(refusal(directory, in: .root, .l3Networks, as: "a")) == ["l2 attribute.is-link EPERM"])
    }

    @Test func `what is no text`() throws {
        let draft = Draft(
            name: "x", metadata: DraftMaker.metadata, uuid: UniqueID(high: 1, low: 1),
            files: [
                maker.file("description", nil), maker.file("state", String(repeating: "x", count: 65_537)),
            ],
            directories: [
                Draft(
                    name: "clusters", metadata: DraftMaker.metadata, uuid: UniqueID(high: 1, low: 2),
                    files: [maker.file("blob", nil)])
            ])
        #expect(
            problems(refusal(draft, in: .root, .zones, as: "z9")) == [
                "description value.not-text EINVAL", "state value.too-long EFBIG",
                "clusters/blob tree.wrong-form EPERM",
            ])
        let link = Draft(
            name: "x", metadata: DraftMaker.metadata, uuid: UniqueID(high: 1, low: 3),
            links: [maker.file("l2", nil)],
            directories: [
                Draft(
                    name: "ranges", metadata: DraftMaker.metadata, uuid: UniqueID(high: 1, low: 4),
                    files: [maker.file("r", nil)])
            ])
        #expect(
            problems(refusal(link, in: .root, .l3Networks, as: "a")) == [
                "l2 value.not-text EINVAL", "ranges/r value.not-text EINVAL",
            ])
    }

    @Test func `rules that look at several attributes`() throws {
        let network = maker.directory("x", files: [("type", "L2NoVlanNetwork"), ("vlan", "7")])
        #expect(
            problems(refusal(network, in: fixture.z1, .l2Networks, as: "new")) == [" l2.type.contradiction EINVAL"])
        let l3 = maker.directory("x", files: [("category", "Public"), ("system", "true")])
        #expect(problems(refusal(l3, in: .root, .l3Networks, as: "a")) == [" l3.category.system EINVAL"])
    }

    @Test func `attachments that conflict with what is there, and with one another`() throws {
        try builder.attach(fixture.v10, fixture.c1)
        let clash = maker.directory(
            "x", files: [("physical-interface", "eth0"), ("vlan", "10")],
            [maker.directory("clusters", links: [("c1", "../../../clusters/c1"), ("c2", "../../../clusters/c2")])])
        #expect(
            problems(refusal(clash, in: fixture.z1, .l2Networks, as: "new"))
                == ["clusters/c1 l2.attach.vlan-conflict ENOTUNIQ"])
        let twice = maker.directory(
            "x", files: [("physical-interface", "eth7")],
            [maker.directory("clusters", links: [("a", "../../../clusters/c1"), ("b", "../../../clusters/c1")])])
        #expect(
            problems(refusal(twice, in: fixture.z1, .l2Networks, as: "new"))
                == ["clusters/b l2.attach.duplicate ENOTUNIQ"])
        let bare = maker.directory(
            "x", [maker.directory("clusters", links: [("c1", "../../../clusters/c1")])])
        #expect(
            problems(refusal(bare, in: fixture.z1, .l2Networks, as: "new"))
                == ["clusters/c1 l2.attach.incomplete EINVAL"])
    }

    @Test func `somebody who may not go where a link leads`() throws {
        try builder.run(.setMetadata(fixture.z1, facet: 0, MetadataChange(mode: 0o700, uid: 1, gid: 1)))
        let draft = maker.directory("x", links: [("l2", "../../zones/z1/l2/nv0")])
        func planting(_ credentials: Credentials?) -> Command {
            .plant(
                draft, parent: .root, collection: .l3Networks, name: Name("a"),
                DraftOrigin(credentials: credentials, mountPoint: "/net"))
        }
        let refused = builder.refusal(of: planting(Credentials(uid: 1000, groups: [100])))
        #expect(problems(refused) == ["l2 link.no-access EACCES"])
        #expect(refused?.error == .access)
        #expect(builder.refusal(of: planting(Credentials(uid: 1, groups: []))) == nil)
        #expect(builder.refusal(of: planting(nil)) == nil)
    }
}
