package dev.woodpecker.runtime.toolchain;

import dev.woodpecker.runtime.toolchain.CacheDirectory.Section;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A process of its own that publishes numbered entries as fast as it can. */
final class CachePublisher {
    private CachePublisher() {}

    static Process start(Path home, int entries) throws IOException {
        return new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        CachePublisher.class.getName(),
                        home.toString(),
                        String.valueOf(entries)))
                .redirectErrorStream(true)
                .start();
    }

    static ContentKey key(int number) {
        return ContentKey.of("entry " + number);
    }

    static Path place(CacheDirectory cache, int number) {
        String hex = key(number).hex();
        return cache.directory().resolve("kernels").resolve(hex.substring(0, 2)).resolve(hex);
    }

    public static void main(String[] arguments) {
        CacheDirectory cache = CacheDirectory.open(Path.of(arguments[0]));
        for (int i = 0; i < Integer.parseInt(arguments[1]); i++) {
            byte[] content = new byte[100_000];
            java.util.Arrays.fill(content, (byte) i);
            cache.publish(Section.KERNELS, key(i), directory -> {
                Files.write(directory.resolve("library.so"), content);
                Files.write(directory.resolve("source.c"), content);
            });
            if (cache.find(Section.KERNELS, key(i)).isEmpty()) {
                throw new IllegalStateException("entry " + i + " is not whole");
            }
        }
    }
}
