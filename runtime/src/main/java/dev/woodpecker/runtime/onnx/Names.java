package dev.woodpecker.runtime.onnx;

import java.util.HashSet;
import java.util.Set;

/** The names that a model uses, so that new ones differ. Values and nodes have names apart from each other. */
final class Names {

    private final Set<String> values = new HashSet<>();
    private final Set<String> nodes = new HashSet<>();

    void add(String value) {
        values.add(value);
    }

    /** A name for a value, and for the node that computes it. */
    String fresh(String base) {
        String name = base;
        for (int i = 2; values.contains(name) || nodes.contains(name); i++) {
            name = base + "_" + i;
        }
        values.add(name);
        nodes.add(name);
        return name;
    }

    /** A name for a node. ONNX does not ask for node names, nor that they differ. */
    String freshNode(String base) {
        String name = base;
        for (int i = 2; !nodes.add(name); i++) {
            name = base + "_" + i;
        }
        return name;
    }
}
