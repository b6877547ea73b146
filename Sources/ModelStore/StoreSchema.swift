import GRDB
import Glibc
import NetworkModel

/// The tables, and how a store of an older version becomes one of this version.
enum StoreSchema {
    /// Marks an SQLite file as a store: "NMFS" in the file's header.
    static let applicationID: Int32 = 0x4E4D_4653

    /// Steps from nothing to the present schema. Append only: a released step never changes.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        // `.immediate` keeps foreign keys on: nothing is there yet that could break them.
        migrator.registerMigration("1 objects and realizations", foreignKeyChecks: .immediate) { db in
            try db.execute(sql: firstTables)
            try db.execute(
                sql: """
                    INSERT INTO object (id, parent, collection, kind, name, uuid, phase, target,
                        mode, uid, gid, modified, changed, hidden)
                    VALUES (1, 1, 128, 1, '', '00000000000000000000000000000000', 0, NULL,
                        493, :uid, :gid, :now, :now, 0)
                    """,
                arguments: ["uid": Int64(geteuid()), "gid": Int64(getegid()), "now": now()])
        }
        migrator.registerMigration("2 tunnels", foreignKeyChecks: .immediate) { db in
            try db.execute(sql: tunnelColumns)
        }
        // Hosts carry it in the marks of what this store's daemon made there.
        migrator.registerMigration("3 identity", foreignKeyChecks: .immediate) { db in
            var generator = SystemRandomNumberGenerator()
            try db.execute(
                sql: "UPDATE object SET uuid = :uuid WHERE id = 1 AND uuid = :none",
                arguments: [
                    "uuid": UniqueID.random(using: &generator).description,
                    "none": UniqueID(high: 0, low: 0).description,
                ])
        }
        migrator.registerMigration("4 ports", foreignKeyChecks: .immediate) { db in
            try db.execute(sql: portColumns)
        }
        return migrator
    }

    /// The tunnels of what is wanted and applied, as `L2Overlay` writes itself; how many VMs need a network on a host.
    private static let tunnelColumns = """
        ALTER TABLE realization ADD COLUMN wanted_overlay TEXT;
        ALTER TABLE realization ADD COLUMN applied_overlay TEXT;
        ALTER TABLE realization ADD COLUMN users INTEGER NOT NULL DEFAULT 0;
        """

    /// The ports of what is wanted and applied: one a line, as `VMPort` writes itself; NULL where there is none.
    private static let portColumns = """
        ALTER TABLE realization ADD COLUMN wanted_ports TEXT;
        ALTER TABLE realization ADD COLUMN applied_ports TEXT;
        """

    /// Nanoseconds since 1970.
    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Times are nanoseconds since 1970, UUIDs 32 hexadecimal digits, `mode` permission bits. The table `legend` says
    /// what the numbers of kinds, collections, attributes and phases mean. Constraints are a second net under the
    /// model's rules; references are checked at the end of a transaction, so that an object may be removed before
    /// what refers to it.
    private static let firstTables = """
        CREATE TABLE meta (
            key TEXT NOT NULL PRIMARY KEY,
            value INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        INSERT INTO meta VALUES ('revision', 0), ('next_id', 16);

        CREATE TABLE legend (
            "column" TEXT NOT NULL,
            value INTEGER NOT NULL,
            meaning TEXT NOT NULL,
            PRIMARY KEY ("column", value)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE object (
            id INTEGER NOT NULL PRIMARY KEY,
            parent INTEGER NOT NULL REFERENCES object DEFERRABLE INITIALLY DEFERRED,
            collection INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            name TEXT NOT NULL,
            uuid TEXT NOT NULL,
            phase INTEGER NOT NULL,
            target INTEGER REFERENCES object DEFERRABLE INITIALLY DEFERRED,
            mode INTEGER NOT NULL,
            uid INTEGER NOT NULL,
            gid INTEGER NOT NULL,
            modified INTEGER NOT NULL,
            changed INTEGER NOT NULL,
            hidden INTEGER NOT NULL,
            UNIQUE (parent, collection, name),
            CHECK (parent < id OR id = 1),
            CHECK (length(uuid) = 32)
        ) STRICT;
        CREATE INDEX object_by_target ON object (target) WHERE target IS NOT NULL;

        CREATE TABLE attribute (
            object INTEGER NOT NULL REFERENCES object ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
            attribute INTEGER NOT NULL,
            text TEXT NOT NULL,
            modified INTEGER NOT NULL,
            PRIMARY KEY (object, attribute)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE facet (
            object INTEGER NOT NULL REFERENCES object ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
            facet INTEGER NOT NULL,
            mode INTEGER NOT NULL,
            uid INTEGER NOT NULL,
            gid INTEGER NOT NULL,
            modified INTEGER NOT NULL,
            changed INTEGER NOT NULL,
            PRIMARY KEY (object, facet)
        ) STRICT, WITHOUT ROWID;

        -- network has no reference: it may be gone while its remains are still on the host.
        CREATE TABLE realization (
            id INTEGER NOT NULL PRIMARY KEY,
            network INTEGER NOT NULL,
            host INTEGER NOT NULL REFERENCES object DEFERRABLE INITIALLY DEFERRED,
            wanted_network_uuid TEXT,
            wanted_type TEXT,
            wanted_physical_interface TEXT,
            wanted_vlan INTEGER,
            wanted_bridge TEXT,
            wanted_mtu INTEGER,
            applied_network_uuid TEXT,
            applied_type TEXT,
            applied_physical_interface TEXT,
            applied_vlan INTEGER,
            applied_bridge TEXT,
            applied_mtu INTEGER,
            wanted_generation INTEGER NOT NULL,
            applied_generation INTEGER NOT NULL,
            failure TEXT,
            changed INTEGER NOT NULL,
            UNIQUE (network, host)
        ) STRICT;
        CREATE INDEX realization_by_host ON realization (host);
        """
}
