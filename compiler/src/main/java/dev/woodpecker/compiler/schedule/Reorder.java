package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Puts loops of one perfect nest into the given order; loops of the nest that are not named keep their places.
 *
 * <pre>
 * for i in 0..8:              for k in 0..4:
 *   for j in 0..8:     ->       for i in 0..8:
 *     for k in 0..4:              for j in 0..8:
 *       ...                         ...
 * </pre>
 */
public record Reorder(List<String> loops) implements Step {
    public Reorder {
        loops = List.copyOf(loops);
    }

    @Override
    public Outcome apply(LoopNest nest, Map<String, Long> decisions) {
        if (loops.size() < 2 || new HashSet<>(loops).size() < loops.size()) {
            return reject("needs two or more different loops, got " + loops);
        }
        for (String loop : loops) {
            if (nest.find(loop).isEmpty()) {
                return rejectUnknown(loop, nest);
            }
        }
        Optional<Stmt.For> top = loops.stream()
                .map(name -> nest.find(name).orElseThrow())
                .filter(candidate -> loops.stream()
                        .allMatch(name -> LoopNest.find(candidate, name).isPresent()))
                .findFirst();
        if (top.isEmpty()) {
            return reject("loops " + loops + " are not nested in one another");
        }
        List<Loop> chain = new ArrayList<>();
        Stmt body = top.get();
        int missing = loops.size();
        while (missing > 0) {
            if (!(body instanceof Stmt.For(Loop loop, Stmt inner))) {
                return reject("loops " + loops + " are not perfectly nested: other statements stand between them");
            }
            chain.add(loop);
            missing -= loops.contains(loop.name()) ? 1 : 0;
            body = inner;
        }
        List<Loop> reordered = permute(chain);
        if (!nest.numerics().mayReassociate() && !reductions(chain).equals(reductions(reordered))) {
            return reject("strict numerics keep reduction loops in axis order " + reductions(chain));
        }
        return Step.applied(nest.replace(top.get().loop().name(), LoopNest.wrap(reordered, body)));
    }

    private List<Loop> permute(List<Loop> chain) {
        List<Loop> reordered = new ArrayList<>();
        int next = 0;
        for (Loop loop : chain) {
            if (loops.contains(loop.name())) {
                String name = loops.get(next++);
                reordered.add(chain.stream()
                        .filter(l -> l.name().equals(name))
                        .findFirst()
                        .orElseThrow());
            } else {
                reordered.add(loop);
            }
        }
        return reordered;
    }

    private static List<String> reductions(List<Loop> chain) {
        return chain.stream()
                .filter(l -> l.carrier() == Loop.Carrier.REDUCTION)
                .map(Loop::name)
                .toList();
    }
}
