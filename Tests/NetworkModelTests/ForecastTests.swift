import Testing

@testable import NetworkModel

/// What commands would come to on hosts, row by row; and the model is as before.
struct ForecastTests {
    /// Something to be asked of a fixture, and the lines of the forecast.
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let prepare: @Sendable (OverlayTests.Tunnels) throws -> Void
        let steps: @Sendable (OverlayTests.Tunnels, Forecaster) throws -> Void
        let lines: [String]

        var testDescription: String { name }

        init(
            _ name: String, _ lines: [String],
            prepare: @escaping @Sendable (OverlayTests.Tunnels) throws -> Void = { _ in },
            steps: @escaping @Sendable (OverlayTests.Tunnels, Forecaster) throws -> Void
        ) {
            self.name = name
            self.prepare = prepare
            self.steps = steps
            self.lines = lines
        }
    }

    static let rows = [
        Row("attach", ["realize v10 h1: - > br_eth0_10", "realize v10 h2: - > br_eth0_10"]) { tunnels, forecaster in
            try forecaster.plan(tunnels.builder.attaching(tunnels.fixture.v10, tunnels.fixture.c1))
        },
        Row(
            "attach, with hosts that are away",
            ["realize v10 h1: - > br_eth0_10", "realize v10 h2: - > br_eth0_10, absent"]
        ) {
            $0.model.setStatus(ofHost: $0.fixture.h2, .disconnected("cable"))
        } steps: { tunnels, forecaster in
            try forecaster.plan(tunnels.builder.attaching(tunnels.fixture.v10, tunnels.fixture.c1))
        },
        Row(
            "attach, with a host in maintenance",
            ["realize v10 h1: - > br_eth0_10, maintenance", "realize v10 h2: - > br_eth0_10"]
        ) {
            try $0.builder.set($0.fixture.h1, .state, "Maintenance")
        } steps: { tunnels, forecaster in
            try forecaster.plan(tunnels.builder.attaching(tunnels.fixture.v10, tunnels.fixture.c1))
        },
        Row("detach", ["release v10 h1: br_eth0_10 > -", "release v10 h2: br_eth0_10 > -, absent"]) {
            try $0.builder.attach($0.fixture.v10, $0.fixture.c1)
            $0.model.setStatus(ofHost: $0.fixture.h2, .disconnected("cable"))
        } steps: { tunnels, forecaster in
            try forecaster.plan(.delete(tunnels.model.attachments(ofNetwork: tunnels.fixture.v10)[0]))
        },
        Row(
            "detach in maintenance is done at once",
            ["release v10 h1: br_eth0_10 > -", "release v10 h2: br_eth0_10 > -"]
        ) {
            try $0.builder.attach($0.fixture.v10, $0.fixture.c1)
            try $0.builder.set($0.fixture.h1, .state, "Maintenance")
        } steps: { tunnels, forecaster in
            try forecaster.plan(.delete(tunnels.model.attachments(ofNetwork: tunnels.fixture.v10)[0]))
        },
        Row("another VLAN", ["update v10 h1: br_eth0_10 > br_eth0_12", "update v10 h2: br_eth0_10 > br_eth0_12"]) {
            try $0.builder.attach($0.fixture.v10, $0.fixture.c1)
        } steps: { tunnels, forecaster in
            try forecaster.plan(tunnels.builder.setting(tunnels.fixture.v10, .vlan, "12"))
        },
        Row("a description", []) {
            try $0.builder.attach($0.fixture.v10, $0.fixture.c1)
        } steps: { tunnels, forecaster in
            try forecaster.plan(tunnels.builder.setting(tunnels.fixture.v10, .description, "x"))
        },
        Row("into maintenance", []) {
            try $0.builder.attach($0.fixture.v10, $0.fixture.c1)
        } steps: { tunnels, forecaster in
            try forecaster.plan(tunnels.builder.setting(tunnels.fixture.h1, .state, "Maintenance"))
        },
        Row("out of maintenance: what was put off", ["realize v11 h1: - > br_eth0_11"]) {
            try $0.builder.attach($0.fixture.v10, $0.fixture.c1)
            try $0.builder.set($0.fixture.h1, .state, "Maintenance")
            let id = try $0.builder.run($0.builder.attaching($0.fixture.v11, $0.fixture.c1)).subject
            for realization in $0.model.realizations(ofHost: $0.fixture.h2) {
                try $0.builder.run(
                    .progress(
                        .applied(
                            realization: realization.id, realization.wanted, generation: realization.wantedGeneration)))
            }
            try $0.builder.run(.progress(.attached(id)))
        } steps: { tunnels, forecaster in
            try forecaster.plan(.unset(tunnels.fixture.h1, .state))
        },
        Row("a host comes", ["realize v10 h3: - > br_eth0_10, connecting"]) {
            try $0.builder.attach($0.fixture.v10, $0.fixture.c2)
            try $0.builder.complete(.unset($0.fixture.h3, .connection))
        } steps: { tunnels, forecaster in
            try forecaster.plan(tunnels.builder.setting(tunnels.fixture.h3, .connection, "netns:h9"))
        },
        Row("a host goes", ["release v10 h1: br_eth0_10 > -", "release v11 h1: br_eth0_11 > -"]) {
            try $0.builder.attach($0.fixture.v10, $0.fixture.c1)
            try $0.builder.attach($0.fixture.v11, $0.fixture.c1)
        } steps: { tunnels, forecaster in
            try forecaster.plan(.delete(tunnels.fixture.h1))
        },
        Row("a host goes that is away", ["release v10 h1: br_eth0_10 > -, givenUp"]) {
            try $0.builder.attach($0.fixture.v10, $0.fixture.c1)
            $0.model.setStatus(ofHost: $0.fixture.h1, .disconnected("cable"))
        } steps: { tunnels, forecaster in
            try forecaster.plan(.delete(tunnels.fixture.h1))
        },
        Row("attach a VXLAN: nothing yet", []) { tunnels, forecaster in
            try forecaster.plan(tunnels.builder.attaching(tunnels.vx100, tunnels.fixture.c1))
        },
        Row(
            "a VM needs a VXLAN",
            ["realize vx100 h1: - > br_vx_100 peers 10.9.0.2", "update vx100 h2: br_vx_100 > br_vx_100 peers 10.9.0.1"]
        ) {
            try $0.builder.attach($0.vx100, $0.fixture.c1)
            try $0.builder.complete(.instantiate($0.vx100, host: $0.fixture.h2))
        } steps: { tunnels, forecaster in
            try forecaster.plan(.instantiate(tunnels.vx100, host: tunnels.fixture.h1))
        },
        Row(
            "attach GRE where others have it: their tunnels change",
            [
                "update gre7 h1: br_gre_7 peers 10.9.0.2 > br_gre_7 peers 10.9.0.2 10.9.0.3",
                "update gre7 h2: br_gre_7 peers 10.9.0.1 > br_gre_7 peers 10.9.0.1 10.9.0.3",
                "realize gre7 h3: - > br_gre_7 peers 10.9.0.1 10.9.0.2",
            ]
        ) {
            try $0.builder.attach($0.gre7, $0.fixture.c1)
        } steps: { tunnels, forecaster in
            try forecaster.plan(tunnels.builder.attaching(tunnels.gre7, tunnels.fixture.c2))
        },
        Row(
            "a link over one that is there",
            ["release v10 h1: br_eth0_10 > -", "release v10 h2: br_eth0_10 > -", "realize v10 h3: - > br_eth0_10"]
        ) {
            try $0.builder.attach($0.fixture.v10, $0.fixture.c1)
        } steps: { tunnels, forecaster in
            let old = tunnels.model.attachments(ofNetwork: tunnels.fixture.v10)[0]
            var uuids = SplitMix64(seed: 1)
            try forecaster.plan(
                .create(
                    NewObject(
                        id: tunnels.model.makeID(), uuid: .random(using: &uuids), parent: tunnels.fixture.v10,
                        collection: .attachments, name: Name("c1"), ownership: ModelBuilder.ownership,
                        text: "../../../clusters/c2", target: tunnels.fixture.c2, replaces: old)))
        },
        Row("attach and detach one after the other", []) { tunnels, forecaster in
            try forecaster.plan(tunnels.builder.attaching(tunnels.fixture.v10, tunnels.fixture.c1))
            try forecaster.plan(.delete(tunnels.model.attachments(ofNetwork: tunnels.fixture.v10)[0]))
        },
        Row(
            "detach and attach one after the other",
            ["renew v10 h1: br_eth0_10 > br_eth0_10", "renew v10 h2: br_eth0_10 > br_eth0_10"]
        ) {
            try $0.builder.attach($0.fixture.v10, $0.fixture.c1)
        } steps: { tunnels, forecaster in
            try forecaster.plan(.delete(tunnels.model.attachments(ofNetwork: tunnels.fixture.v10)[0]))
            try forecaster.plan(tunnels.builder.attaching(tunnels.fixture.v10, tunnels.fixture.c1))
        },
        Row(
            "rm -r of a network with L3 networks on it",
            ["release v10 h1: br_eth0_10 > -", "release v10 h2: br_eth0_10 > -"]
        ) {
            try $0.builder.attach($0.fixture.v10, $0.fixture.c1)
            let l3 = try $0.builder.l3("net1", on: $0.fixture.v10)
            try $0.builder.range("r", in: l3, "10.0.0.10-10.0.0.20/24 gateway=10.0.0.1")
        } steps: { tunnels, forecaster in
            try forecaster.remove(tunnels.fixture.v10)
        },
        Row(
            "rm -r of a zone",
            [
                "release gre7 h3: br_gre_7 > -", "release nv0 h1: br_eth0 > -", "release nv0 h2: br_eth0 > -, givenUp",
                "release v10 h1: br_eth0_10 > -", "release v10 h2: br_eth0_10 > -, givenUp",
            ]
        ) {
            try $0.builder.attach($0.fixture.v10, $0.fixture.c1)
            try $0.builder.attach($0.fixture.nv0, $0.fixture.c1)
            try $0.builder.attach($0.gre7, $0.fixture.c2)
            $0.model.setStatus(ofHost: $0.fixture.h2, .disconnected("cable"))
        } steps: { tunnels, forecaster in
            try forecaster.remove(tunnels.fixture.z1)
        },
        Row(
            "a staged directory with two networks",
            [
                "realize a h1: - > br_eth0_30", "realize a h2: - > br_eth0_30", "realize b h3: - > br_eth1_31",
                "release v10 h1: br_eth0_10 > -", "release v10 h2: br_eth0_10 > -",
            ]
        ) {
            try $0.builder.attach($0.fixture.v10, $0.fixture.c1)
        } steps: { tunnels, forecaster in
            let maker = DraftMaker()
            func network(_ name: String, _ interface: String, _ vlan: String, _ cluster: String) -> Draft {
                maker.directory(
                    name, files: [("physical-interface", interface), ("vlan", vlan)],
                    [maker.directory("clusters", links: [(cluster, "../../../clusters/\(cluster)")])])
            }
            let draft = maker.directory(
                "l2", [network("a", "eth0", "30", "c1"), network("b", "eth1", "31", "c2")])
            try forecaster.plan(
                tunnels.builder.equalizing(draft, .collection(tunnels.fixture.z1, .l2Networks)))
        },
        Row("a staged zone with its hosts", ["realize n h: - > br_eth0, connecting"]) { tunnels, forecaster in
            let maker = DraftMaker()
            let draft = maker.directory(
                "z3",
                [
                    maker.directory(
                        "clusters",
                        [
                            maker.directory(
                                "c",
                                [maker.directory("hosts", [maker.directory("h", files: [("connection", "netns:x")])])])
                        ]),
                    maker.directory(
                        "l2",
                        [
                            maker.directory(
                                "n", files: [("physical-interface", "eth0")],
                                [maker.directory("clusters", links: [("c", "../../../clusters/c")])])
                        ]),
                ])
            try forecaster.plan(tunnels.builder.planting(draft, in: .root, .zones, as: "z3"))
        },
    ]

    @Test(arguments: rows) func lines(_ row: Row) throws {
        let tunnels = try OverlayTests.Tunnels()
        try row.prepare(tunnels)
        for (index, realization) in tunnels.model.allRealizations.sorted(by: { $0.id < $1.id }).enumerated() {
            tunnels.model.setDrift(of: realization.id, ["drift \(index)"])
        }
        for record in tunnels.model.allRecords where record.kind == .host {
            tunnels.model.setOrphans(ofHost: record.id, [HostOrphan.sample(record.id)])
        }
        // What the row itself makes takes its number before.
        var before: ModelMemory?
        let forecaster = Forecaster(tunnels.model, PlanContext(now: tunnels.builder.now + 1))
        before = ModelMemory(tunnels.model)
        try row.steps(tunnels, forecaster)
        let lines = forecaster.forecast().entries.map(ForecastTests.line)
        #expect(lines == row.lines)
        forecaster.takeBack()
        #expect(ModelMemory(tunnels.model) == before)
        #expect(ModelInvariants.broken(in: tunnels.model).isEmpty)
    }

    static func line(_ entry: Forecast.Entry) -> String {
        func name(_ path: String) -> Substring { path.split(separator: "/").last ?? "" }
        func text(_ specification: L2Specification?) -> String {
            guard let specification else { return "-" }
            let peers = specification.peers.map { " \($0)" }.joined()
            return specification.bridge + (peers.isEmpty ? "" : " peers" + peers)
        }
        // The tunnels of what goes altogether do not matter.
        let before = entry.action == .release ? entry.before?.bridge ?? "-" : text(entry.before)
        let obstacle =
            switch entry.obstacle {
            case .absent: ", absent"
            case .maintenance: ", maintenance"
            case .givenUp: ", givenUp"
            case .connecting: ", connecting"
            case nil: ""
            }
        return "\(entry.action) \(name(entry.networkPath)) \(name(entry.hostPath)): \(before) > \(text(entry.after))"
            + obstacle
    }

    /// Who is asked: as before the real change, and nobody of whom something has to go first.
    @Test func inquiries() throws {
        let tunnels = try OverlayTests.Tunnels()
        let (builder, fixture) = (tunnels.builder, tunnels.fixture)
        func asked(_ steps: (Forecaster) throws -> Void) throws -> [String] {
            let forecaster = Forecaster(builder.model, PlanContext(now: builder.now + 1))
            defer { forecaster.takeBack() }
            try steps(forecaster)
            return forecaster.forecast().rounds.flatMap(\.inquiries).flatMap { inquiry in
                inquiry.questions.map { "\($0.hostPath) \($0.wanted.bridge)\(inquiry.needsAll ? " needed" : "")" }
            }
        }
        let (h1, h2) = ("zones/z1/clusters/c1/hosts/h1", "zones/z1/clusters/c1/hosts/h2")
        #expect(
            try asked { try $0.plan(builder.attaching(fixture.v10, fixture.c1)) } == [
                "\(h1) br_eth0_10", "\(h2) br_eth0_10",
            ])
        try builder.attach(fixture.v10, fixture.c1)
        #expect(
            try asked { try $0.plan(builder.setting(fixture.v10, .vlan, "12")) } == [
                "\(h1) br_eth0_12 needed", "\(h2) br_eth0_12 needed",
            ])
        let attachment = try #require(builder.model.attachments(ofNetwork: fixture.v10).first)
        #expect(try asked { try $0.plan(.delete(attachment)) } == [])
        #expect(
            try asked {
                try $0.plan(.delete(attachment))
                try $0.plan(builder.attaching(fixture.v10b, fixture.c1))
                try $0.plan(builder.attaching(fixture.v10b, fixture.c2))
            } == ["zones/z1/clusters/c2/hosts/h3 br_eth0_10"], "the device of the old network is still there")
        try builder.attach(tunnels.gre7, fixture.c1)
        #expect(
            try asked { try $0.plan(builder.attaching(tunnels.gre7, fixture.c2)) } == [
                "zones/z1/clusters/c2/hosts/h3 br_gre_7"
            ], "nobody is asked about new tunnels")
    }

    @Test func refusals() throws {
        let tunnels = try OverlayTests.Tunnels()
        let (builder, fixture) = (tunnels.builder, tunnels.fixture)
        try builder.attach(fixture.v10, fixture.c1)
        let before = ModelMemory(builder.model)
        func refusal(_ steps: (Forecaster) throws(Refusal) -> Void) -> Refusal? {
            let forecaster = Forecaster(builder.model, PlanContext(now: builder.now + 1))
            defer { forecaster.takeBack() }
            do throws(Refusal) {
                try steps(forecaster)
                return nil
            } catch {
                return error
            }
        }
        let command = builder.attaching(fixture.v10b, fixture.c1)
        let after = ModelMemory(builder.model)
        #expect(before.records == after.records)
        expect(
            refusal { (forecaster) throws(Refusal) in try forecaster.plan(command) }, "l2.attach.vlan-conflict",
            .notUnique)
        expect(
            refusal { (forecaster) throws(Refusal) in try forecaster.remove(fixture.c1) }, "cluster.attached", .busy,
            "L2 networks are attached to zones/z1/clusters/c1.")
        #expect(ModelMemory(builder.model) == after)
    }
}
