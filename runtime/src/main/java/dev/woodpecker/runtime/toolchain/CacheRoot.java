package dev.woodpecker.runtime.toolchain;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One {@code v1} directory of the cache. Code is loaded from it, so it must belong to this user (or to root) and nobody
 * else may write to it.
 */
record CacheRoot(Path directory, Access access, boolean isTemporary) {
    /** What may be done with a root. */
    sealed interface Access {
        record Writable() implements Access {}

        record ReadOnly(String reason) implements Access {}

        record Unusable(String reason) implements Access {}
    }

    private static final String VERSION = "v1";
    private static final String STAGING = ".staging";
    private static final AtomicLong STAGED = new AtomicLong();
    /** No compilation takes so long; older work in progress is what a killed process left. */
    private static final Duration STALE_AFTER = Duration.ofDays(1);

    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");
    private static final FileAttribute<Set<PosixFilePermission>> MODE_0700 =
            PosixFilePermissions.asFileAttribute(OWNER_ONLY);

    /** The root below {@code home}, created when that is possible. */
    static CacheRoot open(Path home) {
        Path directory = home.resolve(VERSION);
        try {
            if (!Files.isDirectory(directory)) {
                Files.createDirectories(home);
                Files.createDirectories(directory, MODE_0700);
            }
        } catch (IOException | UnsupportedOperationException e) {
            return new CacheRoot(directory, new Access.Unusable("it cannot be created: " + reason(e)), false);
        }
        Optional<String> distrust = distrust(directory);
        if (distrust.isPresent()) {
            return new CacheRoot(directory, new Access.Unusable(distrust.get()), false);
        }
        try {
            Path staging = directory.resolve(STAGING);
            if (!Files.isDirectory(staging)) {
                Files.createDirectory(staging);
            }
            if (!Files.isWritable(staging)) {
                return new CacheRoot(directory, new Access.ReadOnly("this process may not write there"), false);
            }
            removeStale(staging);
            return new CacheRoot(directory, new Access.Writable(), false);
        } catch (FileAlreadyExistsException e) {
            // Another process made it, or something else is in the way.
            return new CacheRoot(
                    directory,
                    Files.isDirectory(directory.resolve(STAGING))
                            ? new Access.Writable()
                            : new Access.ReadOnly(reason(e)),
                    false);
        } catch (IOException e) {
            return new CacheRoot(directory, new Access.ReadOnly(reason(e)), false);
        }
    }

    /** A root of this process alone, removed when the virtual machine ends. */
    static CacheRoot temporary() {
        try {
            Path directory = Files.createTempDirectory("woodpecker-", MODE_0700);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> deleteTree(directory), "woodpecker-cache-removal"));
            return new CacheRoot(directory, new Access.Writable(), true);
        } catch (IOException e) {
            throw new ToolchainException(
                    "Neither the cache nor a temporary directory can be written (" + reason(e)
                            + "). Set WPK_CACHE to a directory that can.",
                    e);
        }
    }

    Path newStagingDirectory() throws IOException {
        Path staging = Files.createDirectories(directory.resolve(STAGING));
        return Files.createDirectory(staging.resolve(uniqueName()), MODE_0700);
    }

    /** Unlike a random one it needs no source of randomness, which takes 40 ms to start. */
    private static String uniqueName() throws IOException {
        // The process's number; ProcessHandle has it too, and makes a pool of threads first.
        return Path.of("/proc/self").toRealPath().getFileName() + "-" + Long.toHexString(System.nanoTime()) + "-"
                + STAGED.incrementAndGet();
    }

    /** Takes a damaged entry away in one step, then deletes it; where that is not allowed it stays and is ignored. */
    void discard(Path entry) {
        if (!(access instanceof Access.Writable)) {
            return;
        }
        try {
            Path aside = newStagingDirectory();
            Files.move(entry, aside.resolve("discarded"), StandardCopyOption.ATOMIC_MOVE);
            deleteTree(aside);
        } catch (NoSuchFileException e) {
            return; // another process was faster
        } catch (IOException e) {
            throw new UncheckedIOException("the damaged cache entry " + entry + " cannot be removed", e);
        }
    }

    private static Optional<String> distrust(Path directory) {
        try {
            int owner = (Integer) Files.getAttribute(directory, "unix:uid");
            int self = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
            if (owner != self && owner != 0) {
                return Optional.of("it belongs to user " + owner + ", not to user " + self);
            }
            Set<PosixFilePermission> mode = Files.getPosixFilePermissions(directory);
            if (mode.contains(PosixFilePermission.GROUP_WRITE) || mode.contains(PosixFilePermission.OTHERS_WRITE)) {
                return Optional.of("others may write to it: its mode is " + PosixFilePermissions.toString(mode)
                        + "; run chmod 700 " + directory);
            }
            return Optional.empty();
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            return Optional.of("its owner cannot be told: " + reason(e));
        }
    }

    private static void removeStale(Path staging) {
        // By java.io, which is there when Java starts: a directory stream's classes are 10 ms of a start.
        String[] works = staging.toFile().list();
        long oldest = Instant.now().minus(STALE_AFTER).toEpochMilli();
        for (String work : works == null ? new String[0] : works) {
            // 0 where another process removed it between the two looks.
            long modified = staging.resolve(work).toFile().lastModified();
            if (modified > 0 && modified < oldest) {
                deleteTree(staging.resolve(work));
            }
        }
    }

    /** Deletes what is there, and what is not there is fine. */
    static void deleteTree(Path root) {
        try {
            Files.walkFileTree(root, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException failure) {
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
                        throws IOException {
                    Files.deleteIfExists(directory);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            // Left-overs in the staging directory are removed by a later process.
            System.getLogger(CacheRoot.class.getName())
                    .log(Level.DEBUG, "not all of {0} could be deleted: {1}", root, e);
        }
    }

    private static String reason(Exception failure) {
        return failure.getClass().getSimpleName() + ": " + failure.getMessage();
    }
}
