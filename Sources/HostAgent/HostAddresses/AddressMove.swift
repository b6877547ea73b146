import CNetlink
import Glibc

/// Moves a book of addresses and routes from one link to another, in one netlink batch.
///
/// What is new is made before what is old goes, so no address and no route is ever missing. Doing it again does nothing;
/// doing it the other way round takes it back.
struct AddressMove {
    /// What is moved, as it is on the link where it was read.
    var book: AddressBook
    var source: AddressBook.Holder
    var destination: AddressBook.Holder
    /// Sent first in the batch: into the bridge, or out of it.
    var first: [RawMessage] = []

    /// Every link that is asked twice must have answered by then.
    private static let passes = 3

    /// - Throws: the kernel's first refusal that left something missing. What was done is not undone.
    func run(_ links: HostLinks) throws(NetlinkError) {
        let old = book.moved(to: source)
        let new = book.moved(to: destination)
        guard let link = try links.link(at: CInt(bitPattern: destination.index)),
            let sourceLink = try links.link(at: CInt(bitPattern: source.index))
        else { throw NetlinkError(errno: ENODEV) }
        let before = try AddressBook(of: link, on: links)

        let batch = first + adding(new, old) + removing(old) + new.addresses.compactMap(\.settling)
        let answers = try links.socket.perform(all: batch)
        if let failure = answers.prefix(first.count).compactMap({ $0 }).first { throw failure }
        var failure = answers.compactMap { $0 }.first { ![EEXIST, ESRCH, ENOENT, EADDRNOTAVAIL].contains($0.errno) }

        // The kernel makes and removes routes with addresses, so the outcome is looked at and mended.
        for _ in 1...Self.passes {
            let now = try AddressBook(of: link, on: links)
            let there = Set(now.routes)
            let left = try AddressBook(of: sourceLink, on: links)
            let known = Set(before.routes).union(new.routes)
            var mending: [RawMessage] = []
            let addressesThere = Set(now.addresses.map(\.text))
            mending += new.addresses.filter { !addressesThere.contains($0.text) }.map(\.adding)
            mending += new.routes.filter { new.isOwn($0) && !there.contains($0) }.map(\.adding)
            let missing = mending.count
            mending += now.routes.filter { now.isOwn($0) && $0.source == UInt8(RTPROT_KERNEL) && !known.contains($0) }
                .map(\.deleting)
            let stale = Set(old.routes.filter { old.isOwn($0) })
            mending += left.routes.filter { stale.contains($0) }.map(\.deleting)
            if mending.isEmpty { return }
            let answers = try links.socket.perform(all: mending)
            failure = answers.prefix(missing).compactMap { $0 }.first ?? failure
            if missing == 0, answers.allSatisfy({ $0 == nil }) { return }
        }
        throw failure ?? NetlinkError(errno: EIO)
    }

    /// Addresses first, since gateways and preferred sources need them; then routes to what is near, then those through
    /// gateways.
    private func adding(_ new: AddressBook, _ old: AddressBook) -> [RawMessage] {
        // The kernel puts a new IPv6 address before, a new IPv4 address behind the others.
        var messages = new.addresses.filter { Int32($0.family) == AF_INET }.map(\.adding)
        messages += new.addresses.filter { Int32($0.family) == AF_INET6 }.reversed().map(\.adding)

        var order: [RouteRecord.Place] = []
        var lines: [RouteRecord.Place: [(new: RouteRecord, old: RouteRecord)]] = [:]
        for pair in zip(new.routes, old.routes) {
            if lines[pair.0.place] == nil { order.append(pair.0.place) }
            lines[pair.0.place, default: []].append((pair.0, pair.1))
        }
        let sorted =
            order.filter { lines[$0]?.contains { $0.new.hasGateway } == false }
            + order.filter { lines[$0]?.contains { $0.new.hasGateway } == true }
        for place in sorted {
            var hasMoved = false
            for route in lines[place] ?? [] {
                if !new.isOwn(route.new) {
                    // It stood behind one that is moved, and does so again.
                    if hasMoved { messages += [route.new.deleting, route.new.adding] }
                } else if route.new.usesOthers(than: destination.index), Int32(place.family) == AF_INET6 {
                    // IPv6 would add the ways to those of the old one.
                    messages.append(route.new.replacing)
                    hasMoved = true
                } else {
                    messages.append(route.new.adding)
                    hasMoved = true
                }
            }
        }
        return messages
    }

    private func removing(_ old: AddressBook) -> [RawMessage] {
        // Secondary addresses first: with their primary one they would go unasked.
        old.addresses.reversed().map(\.deleting)
            + old.routes.filter {
                old.isOwn($0) && !(Int32($0.family) == AF_INET6 && $0.usesOthers(than: source.index))
            }.map(\.deleting)
    }
}
