import TestKit
import Testing

/// Real mounts of the real program, one test at a time: they share the machine's kernel, disk and network.
@Suite("Real mounts", .serialized, .ownThread) enum RealMounts {}
