package dev.woodpecker.runtime.records;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A file of records, one line of JSON each, that several programs may append to at once. A line that cannot be read costs
 * that line alone, and is warned of once a reading.
 */
public final class RecordFile {
    private static final System.Logger LOGGER = System.getLogger(RecordFile.class.getName());

    /** A process cannot lock a file that it has locked already; threads of one process wait for each other here. */
    private static final Object WITHIN_THE_PROCESS = new Object();

    private final Path path;

    public RecordFile(Path path) {
        this.path = path;
    }

    public Path path() {
        return path;
    }

    /** All records, in order; none if there is no such file. */
    public List<TuningRecord> read() {
        if (!Files.exists(path)) {
            return List.of();
        }
        try (BufferedReader reader = Files.newBufferedReader(path, StandardCharsets.ISO_8859_1)) {
            return read(reader, path.toString());
        } catch (IOException e) {
            throw new UncheckedIOException("the records " + path + " cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * @param bytes as ISO 8859-1, one character a byte: a torn line may end within a character of UTF-8
     * @param place for warnings
     */
    static List<TuningRecord> read(Reader bytes, String place) {
        List<TuningRecord> records = new ArrayList<>();
        List<String> wrong = new ArrayList<>();
        int number = 0;
        List<String> lines = new BufferedReader(bytes).lines().toList();
        for (String line : lines) {
            number++;
            if (line.isBlank()) {
                continue;
            }
            try {
                records.add(RecordJson.parse(
                        new String(line.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8)));
            } catch (IllegalArgumentException e) {
                wrong.add(place + ":" + number + ": " + e.getMessage());
            }
        }
        if (!wrong.isEmpty()) {
            LOGGER.log(
                    Level.WARNING,
                    wrong.getFirst() + "; the line is skipped"
                            + (wrong.size() > 1 ? ", and " + (wrong.size() - 1) + " more like it" : ""));
        }
        return records;
    }

    /**
     * Adds a line, whole or not at all.
     *
     * @throws UncheckedIOException if it cannot be written, as on a full disk; what was there before is still there
     */
    public void append(TuningRecord record) {
        byte[] line = (RecordJson.print(record) + "\n").getBytes(StandardCharsets.UTF_8);
        synchronized (WITHIN_THE_PROCESS) {
            try {
                Files.createDirectories(
                        path.toAbsolutePath().resolveSibling(".").normalize());
                try (FileChannel channel = FileChannel.open(
                                path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
                        FileLock _ = channel.lock()) {
                    append(channel, line);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(
                        "the records " + path + " cannot be written: " + e.getMessage()
                                + "; make room or name another file with --records",
                        e);
            }
        }
    }

    private static void append(FileChannel channel, byte[] line) throws IOException {
        long end = channel.size();
        ByteBuffer last = ByteBuffer.allocate(1);
        boolean torn = end > 0 && channel.read(last, end - 1) == 1 && last.get(0) != '\n';
        ByteBuffer bytes = ByteBuffer.allocate(line.length + 1);
        if (torn) {
            // A writer was killed in the middle of its line: that line is lost, not this one too.
            bytes.put((byte) '\n');
        }
        bytes.put(line).flip();
        try {
            long position = end;
            while (bytes.hasRemaining()) {
                position += channel.write(bytes, position);
            }
        } catch (IOException e) {
            channel.truncate(end);
            throw e;
        }
    }

    /** Replaces the file's content, in one step. */
    public void replace(List<TuningRecord> records) {
        String text =
                records.stream().map(record -> RecordJson.print(record) + "\n").collect(Collectors.joining());
        synchronized (WITHIN_THE_PROCESS) {
            try {
                Path absolute = path.toAbsolutePath();
                Path folder =
                        Files.createDirectories(absolute.resolveSibling(".").normalize());
                Path beside = Files.createTempFile(folder, absolute.getFileName() + ".", ".new");
                try {
                    Files.writeString(beside, text);
                    Files.move(beside, absolute, StandardCopyOption.ATOMIC_MOVE);
                } finally {
                    Files.deleteIfExists(beside);
                }
            } catch (IOException e) {
                throw new UncheckedIOException("the records " + path + " cannot be written: " + e.getMessage(), e);
            }
        }
    }
}
