package dev.woodpecker.runtime.device.emulator;

import dev.woodpecker.runtime.device.cpu.NativeMemory;
import dev.woodpecker.runtime.device.cpu.NativeMemoryException;
import dev.woodpecker.runtime.device.cuda.driver.CudaError;
import dev.woodpecker.runtime.device.cuda.driver.CudaException;
import dev.woodpecker.runtime.device.cuda.driver.DeviceFacts;
import dev.woodpecker.runtime.device.cuda.driver.DeviceMemory;
import dev.woodpecker.runtime.device.cuda.driver.DevicePointer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The memory of an emulated device: blocks that know their bounds, as much in all as the device has. */
final class EmulatedMemory {
    /** As cuMemAlloc aligns. */
    private static final long ALIGNMENT = 256;

    /** What a block is filled with, of which no number is made: a NaN, and a large one for integers. */
    private static final byte JUNK = (byte) 0x7f;

    private record Block(Arena arena, MemorySegment segment, String purpose) {}

    private final DeviceFacts facts;
    private final TreeMap<Long, Block> blocks = new TreeMap<>();
    private final Map<Long, Block> pinned = new LinkedHashMap<>();
    private long used;

    EmulatedMemory(DeviceFacts facts) {
        this.facts = facts;
    }

    DeviceMemory state() {
        return new DeviceMemory(facts.memoryBytes() - used, facts.memoryBytes());
    }

    DevicePointer allocate(long bytes, String purpose) {
        if (bytes > facts.memoryBytes() - used) {
            throw CudaException.of(
                    "cuMemAlloc of %s for %s, where %s of %s are free on device %d, %s,"
                            .formatted(
                                    NativeMemoryException.readable(bytes),
                                    purpose,
                                    NativeMemoryException.readable(facts.memoryBytes() - used),
                                    NativeMemoryException.readable(facts.memoryBytes()),
                                    facts.ordinal(),
                                    facts.name()),
                    CudaError.OUT_OF_MEMORY);
        }
        Block block = block(Math.max(1, bytes), purpose);
        block.segment().fill(JUNK);
        blocks.put(block.segment().address(), block);
        used += block.segment().byteSize();
        return new DevicePointer(block.segment().address());
    }

    private static Block block(long bytes, String purpose) {
        Arena arena = Arena.ofShared();
        MemorySegment all = NativeMemory.allocate(arena, bytes + ALIGNMENT, purpose);
        return new Block(arena, all.asSlice(-all.address() & (ALIGNMENT - 1), bytes), purpose);
    }

    void free(DevicePointer pointer) {
        Block block = Optional.ofNullable(blocks.remove(pointer.address()))
                .orElseThrow(() -> CudaException.of("cuMemFree of " + pointer, CudaError.INVALID_VALUE));
        used -= block.segment().byteSize();
        block.arena().close();
    }

    MemorySegment allocatePinned(long bytes, String purpose) {
        Block block = block(Math.max(1, bytes), purpose);
        pinned.put(block.segment().address(), block);
        return block.segment().asSlice(0, bytes);
    }

    void freePinned(MemorySegment segment) {
        Optional.ofNullable(pinned.remove(segment.address()))
                .orElseThrow(() -> CudaException.of("cuMemHostUnregister", CudaError.INVALID_VALUE))
                .arena()
                .close();
    }

    /** A part of one block. */
    MemorySegment range(DevicePointer pointer, long bytes, String call) {
        Map.Entry<Long, Block> below = blocks.floorEntry(pointer.address());
        if (below == null
                || pointer.address() + bytes
                        > below.getKey() + below.getValue().segment().byteSize()) {
            throw CudaException.of(call + " of " + bytes + " bytes at " + pointer, CudaError.INVALID_VALUE);
        }
        return below.getValue().segment().asSlice(pointer.address() - below.getKey(), bytes);
    }

    /** All blocks, named by what they are for. */
    Map<String, MemorySegment> all() {
        Map<String, MemorySegment> all = new LinkedHashMap<>();
        blocks.forEach(
                (address, block) -> all.put(block.purpose() + " at " + new DevicePointer(address), block.segment()));
        return all;
    }

    Map<String, Integer> blocks() {
        return Map.of("blocks of device memory", blocks.size(), "blocks of pinned memory", pinned.size());
    }

    void close() {
        blocks.values().forEach(block -> block.arena().close());
        pinned.values().forEach(block -> block.arena().close());
        blocks.clear();
        pinned.clear();
    }
}
