package dev.woodpecker.runtime.plan.kernel;

import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.Source;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** Where sources are written for people to read: {@code WPK_DUMP=dir}, one numbered file a kernel. */
public final class SourceDump {
    private final Optional<Path> directory;
    private final AtomicInteger count = new AtomicInteger();

    private SourceDump(Optional<Path> directory) {
        this.directory = directory;
    }

    public static SourceDump of(Environment environment) {
        return new SourceDump(environment.get("WPK_DUMP").map(Path::of));
    }

    /** @param extension as {@code .c} */
    void write(Source source, String extension) {
        directory.ifPresent(dir -> {
            String name = String.format(
                    Locale.ROOT, "%04d_%s%s", count.incrementAndGet(), shortened(source.name()), extension);
            try {
                Files.createDirectories(dir);
                Files.writeString(dir.resolve(name), source.text());
            } catch (IOException e) {
                throw new UncheckedIOException("WPK_DUMP: cannot write " + dir.resolve(name), e);
            }
        });
    }

    private static String shortened(String name) {
        return name.length() > 80 ? name.substring(0, 80) : name;
    }
}
