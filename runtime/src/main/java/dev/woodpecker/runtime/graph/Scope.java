package dev.woodpecker.runtime.graph;

import dev.woodpecker.runtime.NdArray;

/** Where nodes are added: knows which names are free, and takes constants. */
public interface Scope {
    /** A name for a value or a node that does not exist yet: {@code base}, or {@code base_2} and so on. */
    String fresh(String base);

    /** Adds a constant under a fresh name, which it returns. */
    String constant(String base, NdArray value);
}
