package dev.woodpecker.processor;

import java.util.HashSet;
import java.util.Set;

/** Names of parameters, locals and axes, each given once in a kernel: the source's name, or that with a number. */
final class NameSupply {
    private final Set<String> taken = new HashSet<>();

    String fresh(String wanted) {
        String base = wanted.equals("_") ? "unused" : wanted;
        String name = base;
        for (int number = 2; !taken.add(name); number++) {
            name = base + number;
        }
        return name;
    }
}
