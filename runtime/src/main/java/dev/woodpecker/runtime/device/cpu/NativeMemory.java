package dev.woodpecker.runtime.device.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.atomic.AtomicLong;

/** Zeroed native memory aligned for any vector. */
public final class NativeMemory {
    /** The alignment of every buffer in bytes: a cache line, and the widest vector register. */
    public static final long ALIGNMENT = 64;

    private static final long HUGE_PAGE = 2L << 20;
    /** From here on memory comes from the kernel in huge pages, zeroed on first touch instead of up front. */
    private static final long MAPPED_FROM = 2 * HUGE_PAGE;

    private static final boolean ON_LINUX = System.getProperty("os.name", "").equals("Linux");
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    private static final int MADV_HUGEPAGE = 14;
    private static final int MADV_DONTNEED = 4;
    /** The largest page that Linux maps files by, on any processor: 64 KiB of some aarch64. */
    private static final long PAGE = 64 << 10;

    private static final AtomicLong IN_USE = new AtomicLong();

    private NativeMemory() {}

    /** What was allocated here, by all models and sessions of the process, and not freed. */
    public static long bytesInUse() {
        return IN_USE.get();
    }

    /**
     * Allocates {@code bytes} zero bytes that live as long as {@code arena}.
     *
     * @param purpose what they are for, to follow "cannot have 5.0 GB for" in the error
     * @throws NativeMemoryException when the machine, or this process's control group, does not have them
     */
    public static MemorySegment allocate(Arena arena, long bytes, String purpose) {
        if (bytes < 0) {
            throw new IllegalArgumentException("negative size " + bytes + " for " + purpose);
        }
        if (bytes >= MAPPED_FROM) {
            long available = AvailableMemory.bytes();
            if (bytes > available) {
                throw NativeMemoryException.of(bytes, purpose, available);
            }
            return ON_LINUX ? map(arena, bytes, purpose) : heap(arena, bytes, purpose);
        }
        return heap(arena, bytes, purpose);
    }

    /**
     * Lets the system have back the pages that a part of a mapped file takes: they are read from the file again if they are
     * wanted again. Of other memory, and of files that are written to, nothing is given back.
     */
    public static void giveBack(MemorySegment part) {
        if (!ON_LINUX || !part.isMapped() || !part.isReadOnly()) {
            return;
        }
        long start = Math.ceilDiv(part.address(), PAGE) * PAGE;
        long end = Math.floorDiv(part.address() + part.byteSize(), PAGE) * PAGE;
        if (start < end) {
            Mapping.advise(start, end - start, MADV_DONTNEED);
        }
    }

    private static MemorySegment heap(Arena arena, long bytes, String purpose) {
        try {
            MemorySegment whole = arena.allocate(Math.max(bytes, 1), ALIGNMENT);
            IN_USE.addAndGet(bytes);
            return whole.reinterpret(bytes, arena, _ -> IN_USE.addAndGet(-bytes));
        } catch (OutOfMemoryError e) {
            throw NativeMemoryException.of(bytes, purpose, AvailableMemory.bytes());
        }
    }

    private static MemorySegment map(Arena arena, long bytes, String purpose) {
        // Room to start at a huge page's border.
        long mapped = Math.addExact(bytes, HUGE_PAGE);
        long start = Mapping.map(mapped);
        if (start == -1) {
            throw NativeMemoryException.of(bytes, purpose, AvailableMemory.bytes());
        }
        IN_USE.addAndGet(bytes);
        MemorySegment whole = MemorySegment.ofAddress(start).reinterpret(mapped, arena, _ -> {
            Mapping.unmap(start, mapped);
            IN_USE.addAndGet(-bytes);
        });
        long border = Math.ceilDiv(start, HUGE_PAGE) * HUGE_PAGE - start;
        MemorySegment aligned = whole.asSlice(border, bytes, ALIGNMENT);
        Mapping.advise(aligned.address(), bytes, MADV_HUGEPAGE);
        return aligned;
    }

    /** The calls of the operating system; their numbers above are Linux's. */
    private static final class Mapping {
        private Mapping() {}

        /** Where the memory is; -1 if there is none. */
        static long map(long bytes) {
            return NativeCalls.areLoaded()
                    ? NativeCalls.mmap(bytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS)
                    : Handles.map(bytes);
        }

        static void unmap(long address, long bytes) {
            int result = NativeCalls.areLoaded() ? NativeCalls.munmap(address, bytes) : Handles.unmap(address, bytes);
            if (result != 0) {
                throw new IllegalStateException("munmap refused %d bytes at %#x".formatted(bytes, address));
            }
        }

        /** Advice may be refused, where huge pages are switched off for instance; the memory is as good. */
        static void advise(long address, long bytes, int advice) {
            int _ = NativeCalls.areLoaded()
                    ? NativeCalls.madvise(address, bytes, advice)
                    : Handles.advise(address, bytes, advice);
        }
    }

    /** The same calls where {@link NativeCalls} are not loaded. */
    private static final class Handles {
        private static final Linker LINKER = Linker.nativeLinker();
        private static final SymbolLookup LIBC = LINKER.defaultLookup();
        private static final MethodHandle MMAP = LINKER.downcallHandle(
                LIBC.findOrThrow("mmap"),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_LONG));
        private static final MethodHandle MUNMAP = LINKER.downcallHandle(
                LIBC.findOrThrow("munmap"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
        private static final MethodHandle MADVISE = LINKER.downcallHandle(
                LIBC.findOrThrow("madvise"),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));

        private Handles() {}

        static long map(long bytes) {
            try {
                return (long) MMAP.invokeExact(0L, bytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0L);
            } catch (Throwable e) {
                throw new IllegalStateException("mmap cannot be called", e);
            }
        }

        static int unmap(long address, long bytes) {
            try {
                return (int) MUNMAP.invokeExact(address, bytes);
            } catch (Throwable e) {
                throw new IllegalStateException("munmap cannot be called", e);
            }
        }

        static int advise(long address, long bytes, int advice) {
            try {
                return (int) MADVISE.invokeExact(address, bytes, advice);
            } catch (Throwable e) {
                throw new IllegalStateException("madvise cannot be called", e);
            }
        }
    }
}
