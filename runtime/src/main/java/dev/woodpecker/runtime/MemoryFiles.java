package dev.woodpecker.runtime;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** Writes memory of any size to a file. */
final class MemoryFiles {

    /** A {@link ByteBuffer} holds less than 2 GiB. */
    private static final long CHUNK_BYTES = 1L << 28;

    private MemoryFiles() {}

    static void write(WritableByteChannel channel, MemorySegment memory) throws IOException {
        for (long start = 0; start < memory.byteSize(); start += CHUNK_BYTES) {
            ByteBuffer chunk = memory.asSlice(start, Math.min(CHUNK_BYTES, memory.byteSize() - start))
                    .asByteBuffer();
            while (chunk.hasRemaining()) {
                channel.write(chunk);
            }
        }
    }
}
