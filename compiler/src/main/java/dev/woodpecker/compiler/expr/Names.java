package dev.woodpecker.compiler.expr;

import java.util.HashSet;
import java.util.Set;

/** Hands out names that are unique in a program. */
final class Names {
    private final Set<String> taken = new HashSet<>();

    /** {@code wanted}, or {@code wanted_1}, {@code wanted_2}, ... where it is taken. */
    String fresh(String wanted) {
        String name = wanted;
        for (int n = 1; !taken.add(name); n++) {
            name = wanted + "_" + n;
        }
        return name;
    }

    /** Keeps a name, which may be taken already, from being handed out. */
    void reserve(String name) {
        taken.add(name);
    }
}
