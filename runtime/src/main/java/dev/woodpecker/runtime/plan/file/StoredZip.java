package dev.woodpecker.runtime.plan.file;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.zip.CRC32;

/**
 * ZIP files of which nothing is compressed and every entry begins at a multiple of 64 bytes, so that they can be used
 * where they are mapped. The same entries give the same bytes. (PKWARE's APPNOTE.TXT 4.3; without ZIP64.)
 */
final class StoredZip {
    static final int ALIGNMENT = 64;

    private static final int LOCAL = 0x04034b50;
    private static final int CENTRAL = 0x02014b50;
    private static final int END = 0x06054b50;
    private static final int LOCAL_BYTES = 30;
    private static final int CENTRAL_BYTES = 46;
    private static final int END_BYTES = 22;
    private static final short VERSION = 10;
    private static final short NAMES_ARE_UTF8 = 0x0800;
    /** 1 January 1980, the first day there is. */
    private static final short FIRST_DAY = 0x0021;
    /** The extra field that Android's zipalign pads with: the alignment, then zeros. */
    private static final short PADDING = (short) 0xD935;

    private static final int PADDING_HEAD_BYTES = 6;
    private static final long LIMIT = 0xFFFFFFFFL;
    private static final int CHUNK_BYTES = 1 << 26;

    private StoredZip() {}

    /** The file is no such ZIP, or no longer. */
    static final class BadZip extends Exception {
        private static final long serialVersionUID = 1L;

        BadZip(String problem) {
            super(problem);
        }
    }

    /**
     * Writes a file.
     *
     * @param entries by name; the parts of each follow one another
     */
    static void write(FileChannel file, SortedMap<String, List<MemorySegment>> entries) throws IOException {
        List<ByteBuffer> directory = new ArrayList<>();
        long position = 0;
        for (Map.Entry<String, List<MemorySegment>> entry : entries.entrySet()) {
            byte[] name = entry.getKey().getBytes(StandardCharsets.UTF_8);
            long size = 0;
            CRC32 sum = new CRC32();
            for (MemorySegment part : entry.getValue()) {
                size += part.byteSize();
                forChunks(part, sum::update);
            }
            long headed = position + LOCAL_BYTES + name.length + PADDING_HEAD_BYTES;
            int padding = (int) (Math.ceilDiv(headed, ALIGNMENT) * ALIGNMENT - headed);
            if (headed + padding + size > LIMIT) {
                throw new IOException("more than 4 GB in one plan file: build fewer targets or shapes into it");
            }
            int crc = (int) sum.getValue();
            writeAll(file, localHeader(name, crc, (int) size, padding));
            for (MemorySegment part : entry.getValue()) {
                writeAll(file, part);
            }
            directory.add(directoryEntry(name, crc, (int) size, (int) position));
            position = headed + padding + size;
        }
        long start = position;
        for (ByteBuffer line : directory) {
            position += line.remaining();
            writeAll(file, line);
        }
        writeAll(file, end(directory.size(), (int) (position - start), (int) start));
    }

    private static ByteBuffer localHeader(byte[] name, int crc, int size, int padding) {
        ByteBuffer header = littleEndian(LOCAL_BYTES + name.length + PADDING_HEAD_BYTES + padding);
        header.putInt(LOCAL).putShort(VERSION).putShort(NAMES_ARE_UTF8).putShort((short) 0);
        header.putShort((short) 0).putShort(FIRST_DAY).putInt(crc).putInt(size).putInt(size);
        header.putShort((short) name.length)
                .putShort((short) (PADDING_HEAD_BYTES + padding))
                .put(name);
        header.putShort(PADDING).putShort((short) (2 + padding)).putShort((short) ALIGNMENT);
        return header.rewind();
    }

    private static ByteBuffer directoryEntry(byte[] name, int crc, int size, int position) {
        ByteBuffer entry = littleEndian(CENTRAL_BYTES + name.length);
        entry.putInt(CENTRAL)
                .putShort(VERSION)
                .putShort(VERSION)
                .putShort(NAMES_ARE_UTF8)
                .putShort((short) 0);
        entry.putShort((short) 0).putShort(FIRST_DAY).putInt(crc).putInt(size).putInt(size);
        entry.putShort((short) name.length).position(42);
        return entry.putInt(position).put(name).rewind();
    }

    private static ByteBuffer end(int count, int bytes, int start) {
        ByteBuffer end = littleEndian(END_BYTES);
        end.putInt(END).putInt(0).putShort((short) count).putShort((short) count);
        return end.putInt(bytes).putInt(start).putShort((short) 0).rewind();
    }

    private static ByteBuffer littleEndian(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private interface ChunkUser<E extends Exception> {
        void use(ByteBuffer chunk) throws E;
    }

    private static <E extends Exception> void forChunks(MemorySegment memory, ChunkUser<E> user) throws E {
        for (long start = 0; start < memory.byteSize(); start += CHUNK_BYTES) {
            user.use(memory.asSlice(start, Math.min(CHUNK_BYTES, memory.byteSize() - start))
                    .asByteBuffer());
        }
    }

    private static void writeAll(FileChannel file, MemorySegment memory) throws IOException {
        StoredZip.<IOException>forChunks(memory, chunk -> writeAll(file, chunk));
    }

    private static void writeAll(FileChannel file, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            file.write(bytes);
        }
    }

    /**
     * The entries of a file, in its order, as parts of it.
     *
     * @throws BadZip if it is not one that {@link #write} wrote, or not all of it
     */
    static Map<String, MemorySegment> read(MemorySegment file) throws BadZip {
        long size = file.byteSize();
        if (size < END_BYTES) {
            throw new BadZip("it has " + size + " bytes");
        }
        ByteBuffer end = part(file, size - END_BYTES, END_BYTES);
        if (end.getInt(0) != END) {
            throw new BadZip("it does not end as a plan file does");
        }
        int count = Short.toUnsignedInt(end.getShort(10));
        long bytes = Integer.toUnsignedLong(end.getInt(12));
        long start = Integer.toUnsignedLong(end.getInt(16));
        if (start + bytes + END_BYTES != size || bytes > Integer.MAX_VALUE) {
            throw new BadZip("its directory is not where its end says");
        }
        ByteBuffer directory = part(file, start, bytes);
        Map<String, MemorySegment> entries = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            readEntry(file, directory, start, entries);
        }
        return entries;
    }

    private static void readEntry(
            MemorySegment file, ByteBuffer directory, long limit, Map<String, MemorySegment> entries) throws BadZip {
        int at = directory.position();
        if (directory.remaining() < CENTRAL_BYTES || directory.getInt(at) != CENTRAL) {
            throw new BadZip("its directory is damaged");
        }
        int nameBytes = Short.toUnsignedInt(directory.getShort(at + 28));
        long bytes = Integer.toUnsignedLong(directory.getInt(at + 24));
        long local = Integer.toUnsignedLong(directory.getInt(at + 42));
        if (directory.remaining() < CENTRAL_BYTES + nameBytes
                || directory.getInt(at + 30) != 0
                || directory.getShort(at + 10) != 0
                || local + LOCAL_BYTES > limit) {
            throw new BadZip("its directory is not one of a plan file");
        }
        byte[] name = new byte[nameBytes];
        directory.get(at + CENTRAL_BYTES, name).position(at + CENTRAL_BYTES + nameBytes);
        ByteBuffer header = part(file, local, LOCAL_BYTES);
        long data = local
                + LOCAL_BYTES
                + Short.toUnsignedInt(header.getShort(26))
                + Short.toUnsignedInt(header.getShort(28));
        String text = new String(name, StandardCharsets.UTF_8);
        if (header.getInt(0) != LOCAL || data % ALIGNMENT != 0 || data + bytes > limit) {
            throw new BadZip("its entry " + text + " is not where its directory says");
        }
        if (entries.put(text, file.asSlice(data, bytes)) != null) {
            throw new BadZip("it has " + text + " twice");
        }
    }

    private static ByteBuffer part(MemorySegment file, long start, long bytes) {
        return file.asSlice(start, bytes).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }
}
