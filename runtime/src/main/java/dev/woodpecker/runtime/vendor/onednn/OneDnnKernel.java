package dev.woodpecker.runtime.vendor.onednn;

import dev.woodpecker.runtime.vendor.VendorKernel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * A primitive of oneDNN. It runs on the calling thread, with one OpenMP thread, and has its scratch memory from it. Safe for
 * use by several threads, each of which has arguments of its own while it runs.
 */
final class OneDnnKernel {
    private final OneDnn library;
    private final Arena arena;
    private final String implementation;
    private final long primitive;
    private final List<Argument> arguments;
    private final long scratchBytes;
    private final long weightsDescriptor;
    private final ConcurrentLinkedQueue<Call> idle = new ConcurrentLinkedQueue<>();

    /** One argument of the primitive: {@code DNNL_ARG_..} and the buffer that it is, or the scratch memory. */
    record Argument(int name, long descriptor, int buffer) {
        static final int SCRATCH = -1;
    }

    OneDnnKernel(
            OneDnn library,
            Arena arena,
            String implementation,
            long primitive,
            List<Argument> arguments,
            long scratchBytes,
            long weightsDescriptor) {
        this.library = library;
        this.arena = arena;
        this.implementation = implementation;
        this.primitive = primitive;
        this.arguments = List.copyOf(arguments);
        this.scratchBytes = scratchBytes;
        this.weightsDescriptor = weightsDescriptor;
    }

    /**
     * The kernel, if oneDNN has optimised code for it on this machine.
     *
     * @param arena how long it is needed; a shared one
     */
    static Optional<OneDnnKernel> of(OneDnn library, VendorKernel kernel, Arena arena) {
        return new Preparation(library, kernel, arena).kernel();
    }

    /** As oneDNN calls it: {@code jit:avx512_core}. */
    String implementation() {
        return implementation;
    }

    long scratchBytes() {
        return scratchBytes;
    }

    /** What its second source takes as it wants it. */
    long weightBytes() {
        return OneDnn.pointer(library.api().bytes, weightsDescriptor);
    }

    /**
     * Lays weights out as this primitive wants its second source.
     *
     * @param plain as the kernel's description says
     */
    void pack(VendorKernel kernel, MemorySegment plain, MemorySegment packed) {
        Reorder.run(library, kernel.sources().get(1), plain, weightsDescriptor, packed);
    }

    /**
     * Computes the kernel.
     *
     * @param buffers native memory holding one pointer a buffer
     * @param offsets in bytes, to be added to these
     * @param scratch native memory of the size that it asks for
     */
    void run(MemorySegment buffers, List<Long> offsets, MemorySegment scratch) {
        Call call = idle.poll();
        if (call == null) {
            call = new Call();
        }
        try {
            for (int i = 0; i < arguments.size(); i++) {
                int buffer = arguments.get(i).buffer();
                long address = buffer == Argument.SCRATCH
                        ? scratch.address()
                        : buffers.getAtIndex(ValueLayout.JAVA_LONG, buffer) + offsets.get(buffer);
                call.set(i, address);
            }
            int status = call.execute();
            Status.check(status, "run " + implementation);
        } finally {
            idle.add(call);
        }
    }

    /** The arguments of a run, and the stream that it is in; oneDNN lets no two threads share either. */
    private final class Call {
        private final long stream;
        private final long[] memories = new long[arguments.size()];
        private final long[] addresses = new long[arguments.size()];
        private final MemorySegment array;

        Call() {
            Api api = library.api();
            synchronized (OneDnnKernel.this) {
                MemorySegment cell = arena.allocate(ValueLayout.JAVA_LONG);
                Status.check(OneDnn.invoke(api.createStream, cell.address(), library.engine(), 1), "create a stream");
                stream = Owned.by(arena, cell.get(ValueLayout.JAVA_LONG, 0), api.destroyStream);
                // dnnl_exec_arg_t: an int, padding, a pointer
                array = arena.allocate(16L * arguments.size(), 8);
                for (int i = 0; i < arguments.size(); i++) {
                    Argument argument = arguments.get(i);
                    Status.check(
                            OneDnn.invoke(
                                    api.createMemory, cell.address(), argument.descriptor(), library.engine(), 0L),
                            "create memory");
                    memories[i] = Owned.by(arena, cell.get(ValueLayout.JAVA_LONG, 0), api.destroyMemory);
                    array.set(ValueLayout.JAVA_INT, 16L * i, argument.name());
                    array.set(ValueLayout.JAVA_LONG, 16L * i + 8, memories[i]);
                }
            }
        }

        void set(int argument, long address) {
            if (addresses[argument] != address) {
                try {
                    int status = (int) library.api().setMemory.invokeExact(memories[argument], address);
                    Status.check(status, "take memory");
                } catch (RuntimeException | Error e) {
                    throw e;
                } catch (Throwable e) {
                    throw OneDnn.impossible(e);
                }
                addresses[argument] = address;
            }
        }

        /** With one OpenMP thread, and what the thread had before afterwards. */
        int execute() {
            Api api = library.api();
            try {
                int threads = (int) api.getThreads.invokeExact();
                api.setThreads.invokeExact(1);
                int status = (int) api.execute.invokeExact(primitive, stream, memories.length, array.address());
                api.setThreads.invokeExact(threads);
                return status;
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw OneDnn.impossible(e);
            }
        }
    }
}
