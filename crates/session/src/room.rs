//! Room in memory for what is to come.
//!
//! In wasm the allocator asks the browser for a page whenever it has none left, which is slow each time, and makes the
//! browser look for garbage. So once it has had to ask, much more is asked for at once. What is not used costs an address
//! and no memory.

/// Makes room if the allocator had to ask for more since the last time.
#[cfg(target_arch = "wasm32")]
pub fn make() {
    use core::arch::wasm32::memory_size;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    /// A page of wasm, in bytes.
    const PAGE: usize = 64 << 10;
    /// Which part of the memory is asked for in addition.
    const PART: usize = 4;
    static PAGES: AtomicUsize = AtomicUsize::new(0);

    let pages = memory_size::<0>();
    if pages != PAGES.load(Relaxed) {
        let mut room: Vec<u8> = Vec::new();
        // What the browser refuses was not needed yet. What was got is the allocator's, which never gives it back.
        let _ = room.try_reserve_exact(pages / PART * PAGE);
        drop(std::hint::black_box(room));
        PAGES.store(memory_size::<0>(), Relaxed);
    }
}

/// Others ask the system, which is quick.
#[cfg(not(target_arch = "wasm32"))]
pub fn make() {}
