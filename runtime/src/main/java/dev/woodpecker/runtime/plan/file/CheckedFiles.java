package dev.woodpecker.runtime.plan.file;

import dev.woodpecker.runtime.toolchain.CacheDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Which plan files had all their weights hashed by this user before, so that 100 MB need not be hashed at each start. A
 * file is the same as long as the file system says that its status never changed since: a writer cannot set that time.
 */
record CheckedFiles(CacheDirectory cache) {
    /** Changes within a tick of the file system's clock have the same time. */
    private static final Duration SETTLED = Duration.ofSeconds(2);

    /** What the file system says of a file. */
    record State(String text, Instant changed) {
        /** Nothing more than {@code equals}, which a record makes at run time: 50 ms of a start. */
        boolean isSame(State other) {
            return text.equals(other.text);
        }
    }

    /** Empty where the file system does not say enough. */
    static Optional<State> state(Path file) {
        try {
            Map<String, Object> attributes = Files.readAttributes(file, "unix:dev,ino,size,ctime");
            if (!(attributes.get("ctime") instanceof FileTime changed)) {
                return Optional.empty();
            }
            String text = attributes.get("dev") + " " + attributes.get("ino") + " " + attributes.get("size") + " "
                    + changed.to(TimeUnit.NANOSECONDS);
            return Optional.of(new State(text, changed.toInstant()));
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Whether the file of this state was found to be the plan of this digest. */
    boolean isKnown(String digest, State state) {
        try {
            return Files.readString(place(digest)).equals(state.text());
        } catch (IOException e) {
            return false;
        }
    }

    /** Keeps in mind that the file of this state is whole, if nobody can have changed it meanwhile. */
    void note(String digest, State state) {
        if (state.changed().plus(SETTLED).isAfter(Instant.now())) {
            return;
        }
        Path place = place(digest);
        cache.inStagingDirectory(work -> {
            Files.createDirectories(place.getParent());
            Path written = Files.writeString(work.resolve("state"), state.text());
            return Files.move(written, place, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        });
    }

    private Path place(String digest) {
        return cache.folder(CacheDirectory.Section.KERNELS)
                .resolve("checked-plans")
                .resolve(digest);
    }
}
