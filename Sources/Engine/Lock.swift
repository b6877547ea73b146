import Glibc

/// A plain lock around what is not Sendable. `Synchronization.Mutex` asks that all that goes in and out be Sendable, which
/// the model, read in place by every request, is not.
///
/// `@unchecked Sendable`: the pointer is set once, and the C library does the rest.
final class Lock: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>

    init() {
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    func lock() { pthread_mutex_lock(mutex) }
    func unlock() { pthread_mutex_unlock(mutex) }
}
