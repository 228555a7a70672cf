package dev.woodpecker.runtime.graph;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/** Sorts nodes so that each comes after those it reads from; nodes that are free to stay keep their order. */
public sealed interface TopologicalOrder {

    record Sorted(List<Node> nodes) implements TopologicalOrder {}

    /** There is none: each of these nodes reads from the one before it, and the first from the last. */
    record Cycle(List<Node> nodes) implements TopologicalOrder {}

    static TopologicalOrder of(List<Node> nodes) {
        Map<String, Integer> producers = new HashMap<>();
        for (int i = 0; i < nodes.size(); i++) {
            for (String value : nodes.get(i).definedNames()) {
                producers.put(value, i);
            }
        }
        List<Set<Integer>> readers = new ArrayList<>();
        nodes.forEach(_ -> readers.add(new HashSet<>()));
        int[] waitingFor = new int[nodes.size()];
        for (int i = 0; i < nodes.size(); i++) {
            for (String value : nodes.get(i).usedNames()) {
                Integer producer = producers.get(value);
                if (producer != null && readers.get(producer).add(i)) {
                    waitingFor[i]++;
                }
            }
        }
        PriorityQueue<Integer> ready = new PriorityQueue<>();
        for (int i = 0; i < waitingFor.length; i++) {
            if (waitingFor[i] == 0) {
                ready.add(i);
            }
        }
        List<Node> sorted = new ArrayList<>(nodes.size());
        while (!ready.isEmpty()) {
            int next = ready.remove();
            sorted.add(nodes.get(next));
            for (int reader : readers.get(next)) {
                if (--waitingFor[reader] == 0) {
                    ready.add(reader);
                }
            }
        }
        return sorted.size() == nodes.size() ? new Sorted(sorted) : cycle(nodes, producers, waitingFor);
    }

    /** Walks from a node that waits to one that it waits for, until it comes to one for the second time. */
    private static Cycle cycle(List<Node> nodes, Map<String, Integer> producers, int[] waitingFor) {
        int current = 0;
        while (waitingFor[current] == 0) {
            current++;
        }
        int[] visitedAt = new int[nodes.size()];
        Arrays.fill(visitedAt, -1);
        Deque<Node> path = new ArrayDeque<>();
        for (int step = 0; visitedAt[current] < 0; step++) {
            visitedAt[current] = step;
            path.addFirst(nodes.get(current));
            current = nodes.get(current).usedNames().stream()
                    .map(producers::get)
                    .filter(producer -> producer != null && waitingFor[producer] > 0)
                    .findFirst()
                    .orElseThrow();
        }
        return new Cycle(new ArrayList<>(path).subList(0, path.size() - visitedAt[current]));
    }
}
