package dev.woodpecker.runtime.plan.cuda;

import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Stream;
import dev.woodpecker.runtime.device.cuda.driver.DevicePointer;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.plan.ExecutablePlan.Value;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * What a run has of its own: a stream, one block on the device with the values between kernels, the inputs, the outputs and
 * the status of each kernel, and pinned memory of the host that inputs and outputs pass through.
 *
 * @param inputs where inputs of the host are copied to, in the plan's order
 * @param outputs where outputs for the host are written to
 * @param status of kernel after kernel, 4 bytes each
 * @param workspace of libraries' calls, one after another
 */
record RunMemory(
        CudaDevice device,
        Stream stream,
        DevicePointer values,
        List<DevicePointer> inputs,
        List<DevicePointer> outputs,
        DevicePointer status,
        DevicePointer workspace,
        List<MemorySegment> pinnedInputs,
        List<MemorySegment> pinnedOutputs,
        MemorySegment pinnedStatus,
        Deque<Runnable> releases) {
    /** Gives out pieces of a block one after another. */
    private static final class Pieces {
        private long bytes;

        long next(long size) {
            long offset = bytes;
            bytes += Math.ceilDiv(size, DevicePlans.ALIGNMENT) * DevicePlans.ALIGNMENT;
            return offset;
        }
    }

    static RunMemory allocate(CudaPlan plan) {
        CudaDevice device = plan.device();
        Deque<Runnable> releases = new ArrayDeque<>();
        try {
            return device.use(() -> allocate(plan, device, releases));
        } catch (RuntimeException | Error e) {
            releases.forEach(Runnable::run);
            throw e;
        }
    }

    private static RunMemory allocate(CudaPlan plan, CudaDevice device, Deque<Runnable> releases) {
        Pieces pieces = new Pieces();
        long values = pieces.next(plan.arenaBytes());
        List<Long> inputs = offsets(plan.inputs(), pieces);
        List<Long> outputs = offsets(plan.outputs(), pieces);
        long statusBytes = Integer.BYTES * (long) Math.max(1, plan.invocations().size());
        long status = pieces.next(statusBytes);
        long workspace = pieces.next(plan.workspaceBytes());
        Stream stream = device.driver().createStream();
        releases.push(() -> device.release(driver -> driver.destroy(stream)));
        DevicePointer block = device.driver().allocate(pieces.bytes, "the values between a model's kernels");
        releases.push(() -> device.release(driver -> driver.free(block)));
        Pieces pinned = new Pieces();
        List<Long> pinnedInputs = offsets(plan.inputs(), pinned);
        List<Long> pinnedOutputs = offsets(plan.outputs(), pinned);
        long pinnedStatus = pinned.next(statusBytes);
        MemorySegment host = device.driver().allocatePinned(pinned.bytes, "copies of a model's inputs and outputs");
        releases.push(() -> device.release(driver -> driver.freePinned(host)));
        return new RunMemory(
                device,
                stream,
                block.plus(values),
                inputs.stream().map(block::plus).toList(),
                outputs.stream().map(block::plus).toList(),
                block.plus(status),
                block.plus(workspace),
                slices(host, pinnedInputs, plan.inputs()),
                slices(host, pinnedOutputs, plan.outputs()),
                host.asSlice(pinnedStatus, statusBytes),
                releases);
    }

    private static List<Long> offsets(List<Value> values, Pieces pieces) {
        List<Long> offsets = new ArrayList<>();
        values.forEach(value -> offsets.add(pieces.next(bytes(value.type()))));
        return offsets;
    }

    private static List<MemorySegment> slices(MemorySegment host, List<Long> offsets, List<Value> values) {
        List<MemorySegment> slices = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            slices.add(host.asSlice(offsets.get(i), bytes(values.get(i).type())));
        }
        return slices;
    }

    static long bytes(TensorType type) {
        long bytes = type.element().bytes();
        for (int extent : type.shape().extents()) {
            bytes *= extent;
        }
        return bytes;
    }

    /** Fills what is between kernels, the inputs and the outputs with a byte. */
    void fillValues(byte value) {
        device.run(() -> {
            device.driver().fill(values, value, status.address() - values.address(), stream);
            device.driver().synchronize(stream);
        });
    }

    /** What a kernel's checks found, as it was copied last; 0 if nothing. */
    int status(int invocation) {
        return pinnedStatus.getAtIndex(ValueLayout.JAVA_INT, invocation);
    }

    void free() {
        device.release(driver -> driver.synchronize(stream));
        while (!releases.isEmpty()) {
            releases.pop().run();
        }
    }
}
