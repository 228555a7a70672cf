package dev.woodpecker.runtime.toolchain;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** A file {@code SHA256SUMS} beside the others, in the format that {@code sha256sum -c} reads. */
final class Sha256Sums implements Integrity {
    static final Sha256Sums INSTANCE = new Sha256Sums();
    private static final String FILE = "SHA256SUMS";

    private Sha256Sums() {}

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

    private static String line(Path file) throws IOException {
        MessageDigest digest = ContentKey.sha256();
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            in.transferTo(OutputStream.nullOutputStream());
        }
        return HexFormat.of().formatHex(digest.digest()) + "  " + file.getFileName();
    }
}
