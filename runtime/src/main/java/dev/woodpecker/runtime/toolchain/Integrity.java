package dev.woodpecker.runtime.toolchain;

import java.io.IOException;
import java.nio.file.Path;

/** How an entry of the cache proves that it is whole. */
interface Integrity {
    /** Called once on the finished files, before the entry becomes visible. */
    void seal(Path directory) throws IOException;

    /** Whether the files are those that were sealed. */
    boolean intact(Path directory) throws IOException;
}
