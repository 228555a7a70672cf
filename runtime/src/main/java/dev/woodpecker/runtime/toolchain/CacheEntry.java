package dev.woodpecker.runtime.toolchain;

import java.nio.file.Path;

/** A directory of the cache whose files were found whole; nothing ever writes into it again. */
public record CacheEntry(ContentKey key, Path directory) {
    public Path file(String name) {
        return directory.resolve(name);
    }
}
