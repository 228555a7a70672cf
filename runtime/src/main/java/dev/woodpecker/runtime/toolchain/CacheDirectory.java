package dev.woodpecker.runtime.toolchain;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The content-addressed cache: {@code <root>/v1/<section>/<first two digits>/<key>/}, one directory an entry. Entries
 * are written aside and renamed, so that a killed process leaves none half-written and two processes may build the same
 * one; they are proved whole each time before use, and one that is not is removed.
 *
 * <p>Where the root cannot be written, its entries still serve and new ones go to a private directory that lasts as
 * long as the process.
 */
public final class CacheDirectory {
    /** What an entry is: foreign libraries, scheduled kernels as text, compiled ones, compilers, and records (plain files). */
    public enum Section {
        NATIVE,
        SCHEDULED,
        KERNELS,
        TOOLCHAIN,
        RECORDS;

        String folder() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Fills a fresh directory with an entry's files. */
    @FunctionalInterface
    public interface EntryWriter {
        void write(Path directory) throws IOException;
    }

    /** What is done in a directory of its own. */
    @FunctionalInterface
    public interface Work<T> {
        T in(Path directory) throws IOException;
    }

    /** Found when there is something to say: looking for a logger takes 30 ms of a start. */
    private static final class Log {
        private static final System.Logger LOGGER = System.getLogger(CacheDirectory.class.getName());
    }

    /** Where entries are looked for, the writable one first. */
    private final List<CacheRoot> roots;

    /** What is kept of caches that cannot be written: one directory for each in a process, and one warning. */
    private static final Map<Path, CacheRoot> TEMPORARY = new ConcurrentHashMap<>();

    private CacheDirectory(List<CacheRoot> roots) {
        this.roots = roots;
    }

    /** The cache that {@code environment} names: {@code WPK_CACHE}, {@code XDG_CACHE_HOME}, or the home directory's. */
    public static CacheDirectory open(Environment environment) {
        return open(home(environment).toAbsolutePath().normalize());
    }

    private static Path home(Environment environment) {
        Optional<String> own = environment.get("WPK_CACHE");
        if (own.isPresent()) {
            return Path.of(own.get());
        }
        Optional<String> caches = environment.get("XDG_CACHE_HOME");
        return caches.isPresent()
                ? Path.of(caches.get()).resolve("woodpecker")
                : Path.of(environment.get("HOME").orElse(System.getProperty("user.home", ".")))
                        .resolve(".cache/woodpecker");
    }

    /** The cache under {@code home}, which is created if it can be. */
    public static CacheDirectory open(Path home) {
        CacheRoot root = CacheRoot.open(home);
        // Before the switch, whose code Java makes at run time: 7 ms of a start.
        if (root.access() instanceof CacheRoot.Access.Writable) {
            return new CacheDirectory(List.of(root));
        }
        return switch (root.access()) {
            case CacheRoot.Access.Writable _ -> new CacheDirectory(List.of(root));
            case CacheRoot.Access.ReadOnly(String reason) -> withPrivateRoot(List.of(root), home, reason);
            case CacheRoot.Access.Unusable(String reason) -> withPrivateRoot(List.of(), home, reason);
        };
    }

    private static CacheDirectory withPrivateRoot(List<CacheRoot> readable, Path home, String reason) {
        CacheRoot own = TEMPORARY.computeIfAbsent(home, _ -> temporary(home, reason));
        List<CacheRoot> roots = new ArrayList<>(readable);
        roots.addFirst(own);
        return new CacheDirectory(List.copyOf(roots));
    }

    private static CacheRoot temporary(Path home, String reason) {
        CacheRoot own = CacheRoot.temporary();
        Log.LOGGER.log(
                Level.WARNING,
                "The cache {0} cannot be written ({1}); what is compiled is kept in {2} until this process ends. "
                        + "Set WPK_CACHE to a directory of your own to keep it.",
                home,
                reason,
                own.directory());
        return own;
    }

    /** The directory that new entries go to. */
    public Path directory() {
        return roots.getFirst().directory();
    }

    /** Whether new entries outlive this process. */
    public boolean isPersistent() {
        return !roots.getFirst().isTemporary();
    }

    /** A directory for the plain files of a section. */
    public Path folder(Section section) {
        try {
            return Files.createDirectories(directory().resolve(section.folder()));
        } catch (IOException e) {
            throw new UncheckedIOException("the cache " + directory() + " cannot be written", e);
        }
    }

    /** The entry of {@code key}, with every file's SHA-256 checked just now. */
    public Optional<CacheEntry> find(Section section, ContentKey key) {
        return find(section, key, Sha256Sums.INSTANCE);
    }

    Optional<CacheEntry> find(Section section, ContentKey key, Integrity integrity) {
        for (CacheRoot root : roots) {
            Path directory = place(root, section, key);
            if (!Files.isDirectory(directory)) {
                continue;
            }
            if (isIntact(directory, integrity)) {
                return Optional.of(new CacheEntry(key, directory));
            }
            Log.LOGGER.log(Level.WARNING, "The cache entry {0} is damaged; it is made anew.", directory);
            root.discard(directory);
        }
        return Optional.empty();
    }

    /** Makes the entry of {@code key}; when another process was faster, that process's entry is the result. */
    public CacheEntry publish(Section section, ContentKey key, EntryWriter writer) {
        return publish(section, key, Sha256Sums.INSTANCE, writer);
    }

    CacheEntry publish(Section section, ContentKey key, Integrity integrity, EntryWriter writer) {
        CacheRoot root = roots.getFirst();
        Path place = place(root, section, key);
        return inStagingDirectory(staging -> {
            writer.write(staging);
            integrity.seal(staging);
            Files.createDirectories(place.getParent());
            rename(root, staging, place, integrity);
            return new CacheEntry(key, place);
        });
    }

    /**
     * A file of this content, in an entry that its SHA-256 names; the file was hashed just now.
     *
     * @param sha256 of the content
     * @param name of the file in its entry
     */
    public Path keep(Section section, ContentKey sha256, String name, MemorySegment content) {
        Integrity integrity = new NamedByContent(name, sha256);
        Optional<CacheEntry> known = find(section, sha256, integrity);
        if (known.isPresent()) {
            return known.get().file(name);
        }
        return publish(section, sha256, integrity, directory -> {
                    try (FileChannel file = FileChannel.open(
                            directory.resolve(name), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                        ByteBuffer rest = content.asByteBuffer();
                        while (rest.hasRemaining()) {
                            file.write(rest);
                        }
                    }
                })
                .file(name);
    }

    /** Keeps a text that a compiler refused, for whoever looks for the reason; the same text goes to the same file. */
    public Path keepFailed(String name, ContentKey key, String suffix, String text) {
        Path directory = folder(Section.KERNELS).resolve("failed");
        String readable = name.replaceAll("[^A-Za-z0-9._-]+", "_");
        Path file = directory.resolve(
                readable.substring(0, Math.min(80, readable.length())) + "-" + key.shortHex() + suffix);
        return inStagingDirectory(work -> {
            Files.createDirectories(directory);
            Files.writeString(work.resolve("source"), text);
            return Files.move(work.resolve("source"), file, StandardCopyOption.ATOMIC_MOVE);
        });
    }

    /** Runs {@code work} in a directory beside the entries that is removed afterwards, whatever happens. */
    public <T> T inStagingDirectory(Work<T> work) {
        Path directory = newStagingDirectory();
        try {
            return work.in(directory);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot work in " + directory + ": " + e.getMessage(), e);
        } finally {
            CacheRoot.deleteTree(directory);
        }
    }

    private Path newStagingDirectory() {
        try {
            return roots.getFirst().newStagingDirectory();
        } catch (IOException e) {
            throw new UncheckedIOException("the cache " + directory() + " cannot be written", e);
        }
    }

    private static void rename(CacheRoot root, Path staging, Path place, Integrity integrity) throws IOException {
        for (int attempt = 0; ; attempt++) {
            try {
                Files.move(staging, place, StandardCopyOption.ATOMIC_MOVE);
                return;
            } catch (IOException e) {
                // A directory is in the way: rename(2) gives ENOTEMPTY or EEXIST, which reach here as plain exceptions.
                if (!Files.isDirectory(place) && !(e instanceof FileAlreadyExistsException)) {
                    throw e;
                }
                if (isIntact(place, integrity)) {
                    return;
                }
                if (attempt == 3) {
                    throw e;
                }
                root.discard(place);
            }
        }
    }

    private static boolean isIntact(Path directory, Integrity integrity) {
        try {
            return integrity.intact(directory);
        } catch (IOException e) {
            return false;
        }
    }

    private static Path place(CacheRoot root, Section section, ContentKey key) {
        return root.directory()
                .resolve(section.folder())
                .resolve(key.hex().substring(0, 2))
                .resolve(key.hex());
    }
}
