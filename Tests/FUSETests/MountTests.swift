import Testing

/// Tests with real mounts. They run one after the other: a test blocks its thread while it uses the files it has
/// mounted, and Swift's pool has few threads to block.
@Suite(.serialized, .timeLimit(.minutes(2))) enum MountTests {}
