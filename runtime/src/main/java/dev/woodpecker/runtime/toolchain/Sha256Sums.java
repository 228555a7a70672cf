package dev.woodpecker.runtime.toolchain;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** A file {@code SHA256SUMS} beside the others, in the format that {@code sha256sum -c} reads. */
final class Sha256Sums implements Integrity {
    static final Sha256Sums INSTANCE = new Sha256Sums(Optional.empty());
    private static final String FILE = "SHA256SUMS";

    /** Sums by the identity of files, where they are remembered. */
    private final Optional<Map<Object, String>> known;

    private Sha256Sums(Optional<Map<Object, String>> known) {
        this.known = known;
    }

    /** For entries that are looked at together: those that share a file by hard links have it read once. */
    static Sha256Sums ofOneTime() {
        return new Sha256Sums(Optional.of(new HashMap<>()));
    }

    @Override
    public void seal(Path directory) throws IOException {
        List<String> lines = new ArrayList<>();
        for (String name : names(directory)) {
            lines.add(line(directory.resolve(name)));
        }
        Files.write(directory.resolve(FILE), lines);
    }

    @Override
    public boolean intact(Path directory) throws IOException {
        Path sums = directory.resolve(FILE);
        if (!Files.isRegularFile(sums)) {
            return false;
        }
        List<String> lines = new ArrayList<>();
        for (String name : names(directory)) {
            lines.add(line(directory.resolve(name)));
        }
        return new String(Files.readAllBytes(sums), StandardCharsets.ISO_8859_1)
                .equals(String.join("", lines.stream().map(line -> line + "\n").toList()));
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.equals(FILE))
                    .sorted()
                    .toList();
        }
    }

    private String line(Path file) throws IOException {
        return sum(file) + "  " + file.getFileName();
    }

    private String sum(Path file) throws IOException {
        Optional<Object> identity = known.isEmpty()
                ? Optional.empty()
                : Optional.ofNullable(
                        Files.readAttributes(file, BasicFileAttributes.class).fileKey());
        if (identity.isEmpty()) {
            return freshSum(file);
        }
        Map<Object, String> sums = known.orElseThrow();
        String sum = sums.get(identity.get());
        if (sum == null) {
            sum = freshSum(file);
            sums.put(identity.get(), sum);
        }
        return sum;
    }

    private static String freshSum(Path file) throws IOException {
        MessageDigest digest = ContentKey.sha256();
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            in.transferTo(OutputStream.nullOutputStream());
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
