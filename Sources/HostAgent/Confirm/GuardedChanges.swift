import AgentProtocol
import Glibc

/// Moves the host's addresses so that the host finds back by itself.
struct GuardedChanges {
    let links: HostLinks
    let journal: ChangeJournal
    let confirmation: Confirmation

    /// How long after going back the host does not move the same addresses again unless somebody asks for it, in
    /// seconds: a daemon that tries again and again would cut it off again and again.
    private static let rest = 300

    /// Whether the addresses of a network's interface could be moved to its bridge.
    ///
    /// - Parameter isAsked: somebody attaches the network just now, so that it has gone wrong before does not count.
    /// - Returns: the token of this move, where it is made already and waits for its confirmation.
    /// - Throws: `host.change-unconfirmed` when another change waits, `host.change-not-confirmed` when the host has
    ///   just gone back from this one, and what ``check(_:)`` throws.
    func checkMove(_ spec: L2Spec, _ interface: Link, isAsked: Bool) throws(AgentRefusal) -> String? {
        guard spec.kind == .noVlan else { return nil }
        let book = try Self.book(of: interface, links)
        for change in journal.pending(links) {
            if change.networkUUID == spec.networkUUID, change.direction == .toBridge { return change.token }
            if change.interface.name == spec.physicalInterface || !book.isEmpty { throw .changeUnconfirmed(change) }
        }
        guard !book.isEmpty else { return nil }
        try Self.check(book)
        for change in journal.undone() where change.networkUUID == spec.networkUUID && change.direction == .toBridge {
            if isAsked {
                if confirmation.isForecast != true { journal.forget(change.token, .undone) }
            } else if PendingChange.now() - change.deadline < Self.rest {
                throw .changeNotConfirmed
            }
        }
        return nil
    }

    /// The change that a release begins with, or is waiting with: the host's addresses go back to the interface.
    ///
    /// - Returns: the token and what was done; `nil` when nothing is to be moved.
    func moveBack(_ spec: L2Spec, _ bridge: Link, _ port: Link) throws(AgentRefusal) -> L2Outcome? {
        for change in journal.pending(links) {
            if change.networkUUID == spec.networkUUID {
                if change.direction == .toInterface { return L2Outcome(unconfirmed: change.token) }
                // Nobody wants it any more, confirmed or not. The bridge goes with it if it came with it.
                do {
                    try change.revert(links)
                } catch {
                    throw .releaseStepFailed("take the move of its addresses back", error)
                }
                journal.forget(change.token)
                return nil
            }
            throw .changeUnconfirmed(change)
        }
        let book = try Self.book(of: bridge, links)
        guard !book.isEmpty, port.master == bridge.index else { return nil }
        try Self.check(book)
        let step = "move the host's addresses from \(bridge.name) to \(port.name)"
        do {
            try make(
                PendingChange(
                    confirmation, journal, spec, .toInterface, book, interface: port, bridge: bridge, isBridgeNew: false
                ))
        } catch {
            throw .stepFailed(step, error, notUndone: [])
        }
        return L2Outcome(steps: [step], unconfirmed: confirmation.token)
    }

    private static func book(of link: Link, _ links: HostLinks) throws(AgentRefusal) -> AddressBook {
        do {
            return try AddressBook(of: link, on: links)
        } catch {
            throw .unreadable(error)
        }
    }

    /// Whether a book can be moved.
    ///
    /// - Throws: `host.interface-managed`, `host.nexthop-object`.
    static func check(_ book: AddressBook) throws(AgentRefusal) {
        if let leased = book.addresses.first(where: \.isLeased) {
            throw .interfaceManaged(book.holder.name, "its address \(leased.text) is on a lease")
        }
        for route in book.routes where book.isOwn(route) {
            if route.isManaged { throw .interfaceManaged(book.holder.name, "a route was learnt from a router or DHCP") }
            if route.usesNexthopObject { throw .nexthopObject(book.holder.name) }
        }
    }

    /// Arms the guard, makes the change, and leaves it to be confirmed.
    ///
    /// - Throws: what the system refused; then all is as before.
    func make(_ change: PendingChange) throws(NetlinkError) {
        try journal.prepare()
        try journal.write(change)
        do throws(NetlinkError) {
            try ChangeGuard.start(change.token)
            try change.apply(links)
        } catch {
            // If this fails the guard does it.
            if (try? change.revert(links)) != nil { journal.forget(change.token) }
            throw error
        }
    }

    /// Answers a confirmation. Confirming twice is no error.
    ///
    /// - Throws: `host.change-not-confirmed` when the host has gone back, `host.confirm-unknown`.
    static func confirm(_ token: String, _ journal: ChangeJournal, _ links: HostLinks) throws(AgentRefusal) {
        try Confirmation.validate(token: token)
        // Whose guard was killed is taken back first.
        _ = journal.pending(links)
        if let (change, file) = journal.open(token) {
            defer { close(file) }
            guard PendingChange.now() < change.deadline else {
                guard (try? change.revert(links)) != nil else { throw .confirmationUnknown }
                journal.settle(token, .undone)
                throw .changeNotConfirmed
            }
            journal.settle(token, .confirmed)
            return
        }
        if journal.knows(token, .confirmed) { return }
        throw journal.knows(token, .undone) ? .changeNotConfirmed : .confirmationUnknown
    }
}

extension AgentRefusal {
    static let changeNotConfirmed = AgentRefusal(
        rule: "host.change-not-confirmed", errno: EHOSTUNREACH,
        reason: "This host could not be reached anew after its addresses had moved, so it has gone back by itself.",
        remedy: "See what keeps the bridge from the network (a packet filter, a switch that knows the MAC address), "
            + "and try again.")

    static let confirmationUnknown = AgentRefusal(
        rule: "host.confirm-unknown", errno: ENOENT, reason: "No change of this host waits for this confirmation.",
        remedy: "Repeat the request.")

    static func changeUnconfirmed(_ change: PendingChange) -> AgentRefusal {
        let rest = max(0, change.deadline - PendingChange.now())
        return AgentRefusal(
            rule: "host.change-unconfirmed", errno: EBUSY,
            reason: "A move of the host's addresses between \(change.interface.name) and \(change.bridge.name) "
                + "waits for its confirmation.",
            remedy: "Try again in \(rest + 1) seconds; then it has been confirmed, or the host has gone back.")
    }

    static func interfaceManaged(_ name: String, _ why: String) -> AgentRefusal {
        AgentRefusal(
            rule: "host.interface-managed", errno: EBUSY,
            reason: "\(name) is managed by something else on this host: \(why). Moved away, it would not be renewed.",
            remedy: "Give \(name) fixed addresses and routes, or use another interface or a VLAN for the network.")
    }

    static func nexthopObject(_ name: String) -> AgentRefusal {
        AgentRefusal(
            rule: "host.nexthop-object", errno: EBUSY,
            reason: "A route through \(name) uses a nexthop object, which cannot move to a bridge.",
            remedy: "Replace the route by one without nexthop object, or use another interface or a VLAN.")
    }
}
