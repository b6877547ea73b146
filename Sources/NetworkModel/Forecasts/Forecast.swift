/// What commands would come to on hosts.
public struct Forecast: Sendable {
    /// One L2 network on one host.
    public struct Entry: Hashable, Sendable {
        public enum Action: String, Sendable {
            /// The host comes to have the network.
            case realize
            /// It gets another shape, such as another VLAN, MTU, or other tunnels.
            case update
            /// It goes off the host, and comes back as it was.
            case renew
            /// It goes off the host.
            case release
        }

        /// Why that is not done at once.
        public enum Obstacle: Hashable, Sendable {
            /// The host is not connected; it is brought up to date when it returns.
            case absent(HostStatus)
            /// The host is left alone for now.
            case maintenance
            /// The host goes and cannot be reached: what it has stays on it.
            case givenUp
            /// The host is connected first.
            case connecting
        }

        public let network: ObjectID
        public let host: ObjectID
        /// Below the mount point.
        public let networkPath: String
        public let hostPath: String
        public let hypervisor: HypervisorType
        public let action: Action
        /// What the host shall have without the commands; nil for nothing.
        public let before: L2Specification?
        /// What it shall have with them.
        public let after: L2Specification?
        public let obstacle: Obstacle?
    }

    /// Hosts that are asked before any of them is told to do something, as one step of work.
    public struct Inquiry: Hashable, Sendable {
        public struct Question: Hashable, Sendable {
            public let realization: ObjectID
            public let network: ObjectID
            public let host: ObjectID
            public let hostPath: String
            public let wanted: L2Specification
        }

        public let questions: [Question]
        /// Whether one that cannot be asked is a refusal.
        public let needsAll: Bool
    }

    /// What one plan has to do on hosts, and whom it asks first.
    public struct Round: Hashable, Sendable {
        public let work: HostWork
        public let inquiries: [Inquiry]
    }

    /// By network, then by host.
    public let entries: [Entry]
    public let rounds: [Round]
}
