package dev.woodpecker.runtime.onnx;

import java.util.HashSet;
import java.util.Set;

/** The names that a model uses, so that new ones differ. */
final class Names {

    private final Set<String> used = new HashSet<>();

    void add(String name) {
        used.add(name);
    }

    /** {@code base}, or {@code base_2} and so on if that is taken. */
    String fresh(String base) {
        String name = base;
        for (int i = 2; !used.add(name); i++) {
            name = base + "_" + i;
        }
        return name;
    }
}
