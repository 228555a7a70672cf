package dev.woodpecker.processor;

import java.util.List;

/** JDT's lists of nodes, which have no element type. */
final class Nodes {
    private Nodes() {}

    static <T> List<T> of(Class<T> type, List<?> nodes) {
        return nodes.stream().<T>map(type::cast).toList();
    }
}
