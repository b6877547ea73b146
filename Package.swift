// swift-tools-version: 6.1
import PackageDescription

/// Logs: the one interface that all Swift servers share.
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
/// Arguments, help and completion: Apple's own, the one that Swift users know.
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
/// SQLite: prepared statements, migrations and error codes without C pointers of our own; a few per cent of a commit.
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
/// Starting the agent with its streams as pipes, and no zombie: the Swift project's own.
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")

/// Descriptors and paths in the types that Subprocess takes.
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

let package = Package(
    name: "netmodelfs",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    ],
    targets: [
        .systemLibrary(name: "CFUSE", pkgConfig: "fuse3", providers: [.apt(["libfuse3-dev"])]),
        // rtnetlink with its message functions: the library that iproute2's peers use, kept since 2003.
        .systemLibrary(name: "CNetlink", pkgConfig: "libnl-route-3.0", providers: [.apt(["libnl-route-3-dev"])]),
        // HTTPS to ESXi hosts: on every Debian, kept since 1998; async-http-client with NIO would add minutes to each build.
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev", "libssl-dev"])]),
        // glibc's mallopt, which Swift's own module of glibc lacks.
        .systemLibrary(name: "CMalloc"),
        .target(name: "FUSE", dependencies: ["CFUSE", logging]),
        .target(name: "NetworkModel"),
        .target(name: "ModelStore", dependencies: ["NetworkModel", grdb, sqlite]),
        .target(name: "Realization", dependencies: ["NetworkModel", logging]),
        .target(name: "AgentProtocol"),
        .target(name: "HostAgent", dependencies: ["AgentProtocol", "CNetlink", logging]),
        .target(
            name: "Hypervisors",
            dependencies: ["NetworkModel", "Realization", "AgentProtocol", "CCurl", logging, subprocess, system]),
        .target(name: "Engine", dependencies: ["NetworkModel", "ModelStore", "Realization", logging]),
        .target(name: "ModelTree", dependencies: ["NetworkModel", "Engine", "FUSE", logging]),
        .executableTarget(
            name: "netmodelfs",
            dependencies: [
                "CMalloc", "NetworkModel",
                "FUSE", "ModelStore", "Realization", "Hypervisors", "Engine", "ModelTree", logging, argumentParser,
            ]),
        .executableTarget(
            name: "netmodel-agent", dependencies: ["HostAgent", "AgentProtocol", logging, argumentParser]),
        // Tests.
        .target(name: "TestKit", path: "Tests/TestKit"),
        .testTarget(
            name: "EngineTests",
            dependencies: [
                "Engine", "Hypervisors", "Realization", "ModelStore", "NetworkModel", "TestKit", logging,
            ]),
        .testTarget(name: "ModelTreeTests", dependencies: ["ModelTree", "NetworkModel", "FUSE"]),
        .testTarget(
            name: "MountTests", dependencies: ["TestKit", "netmodelfs", "netmodel-agent"],
            exclude: ["configuration-management"]),
        .testTarget(name: "MountHelperTests", dependencies: ["TestKit", "netmodelfs", "netmodel-agent"]),
        .testTarget(name: "LabTests", dependencies: ["TestKit", "netmodelfs", "netmodel-agent"]),
        .executableTarget(
            name: "StoreCrashChild", dependencies: ["ModelStore", "NetworkModel"], path: "Tests/StoreCrashChild"),
        .testTarget(name: "ModelStoreTests", dependencies: ["ModelStore", "StoreCrashChild", "NetworkModel", grdb]),
        .testTarget(name: "NetworkModelTests", dependencies: ["NetworkModel"]),
        .testTarget(name: "AgentProtocolTests", dependencies: ["AgentProtocol"]),
        .testTarget(
            name: "TransportTests",
            dependencies: ["TestKit", "AgentProtocol", "Hypervisors", "NetworkModel", "Realization"]),
        .testTarget(
            name: "ESXiTests", dependencies: ["Hypervisors", "NetworkModel", "Realization", "TestKit", logging],
            exclude: ["simulator"]),
        .testTarget(
            name: "HostAgentTests",
            dependencies: [
                "AgentProtocol", "Engine", "HostAgent", "Hypervisors", "ModelStore", "NetworkModel", "Realization",
                "netmodel-agent", logging, subprocess, system,
            ]),
        .testTarget(name: "FUSETests", dependencies: ["CFUSE", "FUSE", logging]),
    ],
    swiftLanguageModes: [.v6]
)
