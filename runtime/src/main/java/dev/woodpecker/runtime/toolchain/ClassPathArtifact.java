package dev.woodpecker.runtime.toolchain;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;

/**
 * Native files inside an optional jar: found on the class path when the artifact is there, extracted once to the cache.
 * The jar's own sizes and check sums say whether what lies in the cache is whole.
 */
public final class ClassPathArtifact {
    /** One file of the jar; {@code crc} is -1 where the class path holds a folder, which has no check sums. */
    private record Member(String fileName, URL url, long bytes, long crc) {}

    private final List<Member> members;

    private ClassPathArtifact(List<Member> members) {
        this.members = List.copyOf(members);
    }

    /** The files {@code resources} of the class path; absent unless all of them are there. */
    public static Optional<ClassPathArtifact> find(List<String> resources) {
        List<Member> members = new ArrayList<>();
        for (String resource : resources) {
            Optional<URL> url = locate(resource);
            if (url.isEmpty()) {
                return Optional.empty();
            }
            members.add(member(resource.substring(resource.lastIndexOf('/') + 1), url.get()));
        }
        return Optional.of(new ClassPathArtifact(members));
    }

    /** Where {@code resource} is, seen from this class or from the thread's context. */
    static Optional<URL> locate(String resource) {
        ClassLoader own = ClassPathArtifact.class.getClassLoader();
        return Optional.ofNullable(own == null ? null : own.getResource(resource))
                .or(() -> Optional.ofNullable(Thread.currentThread().getContextClassLoader())
                        .map(loader -> loader.getResource(resource)));
    }

    /** The jar's file name, or the folder's, for messages. */
    public String origin() {
        String url = members.getFirst().url().toString();
        int bang = url.indexOf('!');
        String container = bang < 0 ? url : url.substring(0, bang);
        return container.substring(container.lastIndexOf('/') + 1);
    }

    /** The extracted files, made now if they are not there, or not whole. */
    public CacheEntry extract(CacheDirectory cache, CacheDirectory.Section section) {
        return extract(cache, section, directory -> {});
    }

    /** The same; {@code finish} adds what belongs beside the files. */
    public CacheEntry extract(CacheDirectory cache, CacheDirectory.Section section, CacheDirectory.EntryWriter finish) {
        ContentKey key = key();
        return cache.find(section, key, integrity())
                .orElseGet(() -> cache.publish(section, key, integrity(), directory -> {
                    write(directory);
                    finish.write(directory);
                }));
    }

    private ContentKey key() {
        List<String> parts = new ArrayList<>();
        for (Member member : members) {
            parts.add(member.fileName() + " " + member.bytes() + " " + member.crc());
        }
        return ContentKey.of(parts);
    }

    private void write(Path directory) throws IOException {
        for (Member member : members) {
            Path file = directory.resolve(member.fileName());
            try (InputStream in = member.url().openStream()) {
                Files.copy(in, file);
            }
            if (!file.toFile().setExecutable(true, true)) {
                throw new IOException("cannot make " + file + " executable");
            }
        }
    }

    private Integrity integrity() {
        return new Integrity() {
            @Override
            public void seal(Path directory) throws IOException {
                if (!intact(directory)) {
                    throw new IOException("what was extracted from " + origin() + " differs from its check sums; "
                            + "fetch the artifact again");
                }
            }

            @Override
            public boolean intact(Path directory) throws IOException {
                for (Member member : members) {
                    Path file = directory.resolve(member.fileName());
                    boolean whole = Files.isRegularFile(file)
                            && Files.size(file) == member.bytes()
                            && (member.crc() == -1 || crc(file) == member.crc());
                    if (!whole) {
                        return false;
                    }
                }
                return true;
            }
        };
    }

    private static Member member(String fileName, URL url) {
        try {
            URLConnection connection = url.openConnection();
            connection.setUseCaches(false);
            try (InputStream _ = connection.getInputStream()) {
                long crc = connection instanceof JarURLConnection jar
                        ? jar.getJarEntry().getCrc()
                        : -1;
                return new Member(fileName, url, connection.getContentLengthLong(), crc);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + url, e);
        }
    }

    private static long crc(Path file) throws IOException {
        CRC32 crc = new CRC32();
        try (InputStream in = new CheckedInputStream(Files.newInputStream(file), crc)) {
            in.transferTo(OutputStream.nullOutputStream());
        }
        return crc.getValue();
    }
}
