@testable import NetworkModel

/// All that a model stores. What its indexes answer follows from it, as `ModelInvariants` proves.
struct ModelSnapshot: Equatable {
    let records: [ObjectRecord]
    let realizations: [RealizationRecord]

    init(_ model: Model) {
        records = model.allRecords
        realizations = model.allRealizations.sorted { $0.id < $1.id }
    }
}
