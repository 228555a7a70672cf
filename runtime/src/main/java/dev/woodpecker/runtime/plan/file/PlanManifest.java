package dev.woodpecker.runtime.plan.file;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * The entry {@code digest}: the format's name and version, then the SHA-256 of every other entry but the signature, large
 * ones in pieces, so that several threads can check them. Its own SHA-256 is the digest of the plan.
 *
 * <pre>
 * woodpecker-plan 1
 * 5b1f... 0 18232 kernels/5b1f....so
 * 90c4... 0 4194304 weights.bin
 * 11a0... 4194304 802816 weights.bin
 * </pre>
 */
final class PlanManifest {
    static final String ENTRY = "digest";
    static final int VERSION = 1;

    private static final String FORMAT = "woodpecker-plan";
    private static final long PIECE_BYTES = 4L << 20;

    private PlanManifest() {}

    /** The text for these entries. */
    static String of(SortedMap<String, List<MemorySegment>> entries) {
        StringBuilder text = new StringBuilder(FORMAT + " " + VERSION + "\n");
        entries.forEach((name, parts) -> {
            Pieces pieces = new Pieces(name, text);
            parts.forEach(pieces::add);
            pieces.finish();
        });
        return text.toString();
    }

    /** Cuts what is added into pieces, wherever the parts end. */
    private static final class Pieces {
        private final String name;
        private final StringBuilder text;
        private final MessageDigest digest = sha256();
        private long start;
        private long bytes;

        Pieces(String name, StringBuilder text) {
            this.name = name;
            this.text = text;
        }

        void add(MemorySegment part) {
            for (long done = 0; done < part.byteSize(); ) {
                long count = Math.min(PIECE_BYTES - bytes, part.byteSize() - done);
                digest.update(part.asSlice(done, count).asByteBuffer());
                done += count;
                bytes += count;
                if (bytes == PIECE_BYTES) {
                    line();
                }
            }
        }

        void finish() {
            if (bytes > 0 || start == 0) {
                line();
            }
        }

        private void line() {
            text.append(PlanManifest.line(digest.digest(), start, bytes, name));
            start += bytes;
            bytes = 0;
        }
    }

    private static String line(byte[] sha256, long start, long bytes, String name) {
        return HexFormat.of().formatHex(sha256) + " " + start + " " + bytes + " " + name + "\n";
    }

    /** The version of a manifest's format; empty if it is something else. */
    static Optional<Integer> version(String text) {
        String first = text.substring(0, Math.max(0, text.indexOf('\n')));
        if (first.equals(FORMAT + " " + VERSION)) {
            return Optional.of(VERSION);
        }
        return first.matches(FORMAT + " [0-9]{1,6}")
                ? Optional.of(Integer.parseInt(first.substring(FORMAT.length() + 1)))
                : Optional.empty();
    }

    /**
     * A part of an entry.
     *
     * @param hashed whether its content is looked at, or its size alone
     */
    private record Piece(String name, MemorySegment memory, long start, boolean hashed) {
        boolean matches(String line) {
            if (!hashed) {
                return line.endsWith(" " + start + " " + memory.byteSize() + " " + name);
            }
            MessageDigest digest = sha256();
            digest.update(memory.asByteBuffer());
            return PlanManifest.line(digest.digest(), start, memory.byteSize(), name)
                    .equals(line + "\n");
        }
    }

    /**
     * What of these entries is not as the manifest has it: an entry's name.
     *
     * @param entries in the manifest's order
     * @param hashed names of those whose content is looked at
     */
    static Optional<String> damaged(String text, Map<String, MemorySegment> entries, Predicate<String> hashed) {
        List<Piece> pieces = new ArrayList<>();
        for (Map.Entry<String, MemorySegment> entry : entries.entrySet()) {
            MemorySegment memory = entry.getValue();
            boolean isHashed = hashed.test(entry.getKey());
            long start = 0;
            do {
                long bytes = Math.min(PIECE_BYTES, memory.byteSize() - start);
                pieces.add(new Piece(entry.getKey(), memory.asSlice(start, bytes), start, isHashed));
                start += bytes;
            } while (start < memory.byteSize());
        }
        List<String> lines = List.of(text.split("\n"));
        if (lines.size() != pieces.size() + 1) {
            return Optional.of(ENTRY);
        }
        List<String> wanted = lines.subList(1, lines.size());
        long bytes = 0;
        for (Piece piece : pieces) {
            bytes += piece.hashed() ? piece.memory().byteSize() : 0;
        }
        return bytes > PIECE_BYTES ? damagedSideBySide(pieces, wanted) : damagedInTurn(pieces, wanted);
    }

    /** Threads for less than a piece would take longer to start than they save. */
    private static Optional<String> damagedInTurn(List<Piece> pieces, List<String> wanted) {
        for (int i = 0; i < pieces.size(); i++) {
            if (!pieces.get(i).matches(wanted.get(i))) {
                return Optional.of(pieces.get(i).name());
            }
        }
        return Optional.empty();
    }

    private static Optional<String> damagedSideBySide(List<Piece> pieces, List<String> wanted) {
        return IntStream.range(0, pieces.size())
                .parallel()
                .filter(i -> !pieces.get(i).matches(wanted.get(i)))
                .mapToObj(i -> pieces.get(i).name())
                .findFirst();
    }

    /** The digest of a plan of this manifest. */
    static String digest(byte[] manifest) {
        return HexFormat.of().formatHex(sha256().digest(manifest));
    }

    static String text(MemorySegment entry) {
        return StandardCharsets.UTF_8.decode(entry.asByteBuffer()).toString();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
