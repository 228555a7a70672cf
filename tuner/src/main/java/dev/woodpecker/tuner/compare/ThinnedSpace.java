package dev.woodpecker.tuner.compare;

import dev.woodpecker.compiler.schedule.ChoicePoint;
import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.compiler.schedule.Decision;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.tuner.search.Enumeration;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.SearchSpace;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A part of a space that is small enough to be measured whole: of each domain some values, evenly spread, always with the
 * preferred one.
 *
 * @param limits how many values choices keep, by name; all where nothing is said
 */
record ThinnedSpace(SearchSpace space, Map<String, Integer> limits) implements SearchSpace {
    /** Larger domains are thinned to this at once where a space has to be thinned. */
    private static final int FIRST_LIMIT = 6;

    /** Rejected points cost nothing to measure, but there is an end to enumerating them. */
    private static final int REJECTED_SHARE = 8;

    ThinnedSpace {
        limits = Map.copyOf(limits);
    }

    /** Of a space so much that at most {@code points} of its points are not rejected. */
    static ThinnedSpace of(SearchSpace space, int points) {
        Map<String, Integer> limits = new TreeMap<>();
        Map<String, Integer> sizes = new LinkedHashMap<>();
        ThinnedSpace thinned = new ThinnedSpace(space, limits);
        while (!thinned.fits(points, sizes)) {
            if (!limits.keySet().containsAll(sizes.keySet())) {
                sizes.forEach((name, size) -> limits.putIfAbsent(name, Math.min(size, FIRST_LIMIT)));
            } else {
                int largest = Collections.max(limits.values());
                // The last of the largest: what is chosen first shapes most.
                String victim = sizes.keySet().stream()
                        .filter(name -> limits.getOrDefault(name, 0) == largest)
                        .reduce((_, later) -> later)
                        .orElseThrow();
                limits.put(victim, largest - 1);
            }
            thinned = new ThinnedSpace(space, limits);
        }
        return thinned.grown(points, sizes.keySet());
    }

    /** With larger limits as long as it still fits: taking from one domain often takes more than had to be taken. */
    private ThinnedSpace grown(int points, Set<String> names) {
        ThinnedSpace grown = this;
        boolean grows = true;
        while (grows) {
            grows = false;
            for (String name : names) {
                Map<String, Integer> larger = new TreeMap<>(grown.limits);
                Map<String, Integer> sizes = new LinkedHashMap<>();
                if (larger.computeIfPresent(name, (_, limit) -> limit + 1) == null) {
                    continue;
                }
                ThinnedSpace candidate = new ThinnedSpace(space, larger);
                if (candidate.fits(points, sizes) && sizes.getOrDefault(name, 0) > grown.limits.getOrDefault(name, 0)) {
                    grown = candidate;
                    grows = true;
                }
            }
        }
        return grown;
    }

    /** Whether there are so few points; notes in order how large domains are, as far as they were met. */
    private boolean fits(int points, Map<String, Integer> sizes) {
        Enumeration enumeration = new Enumeration(this);
        int scheduled = 0;
        int seen = 0;
        while (enumeration.hasNext()) {
            Point point = enumeration.next();
            point.decisions()
                    .forEach(d ->
                            sizes.merge(d.point().name(), d.point().domain().size(), Math::max));
            scheduled += point.result() instanceof SpacePoint.Scheduled ? 1 : 0;
            seen++;
            if (scheduled > points || seen > points * REJECTED_SHARE) {
                return false;
            }
        }
        return true;
    }

    @Override
    public Point point(Chooser chooser) {
        List<Decision> decisions = new ArrayList<>();
        Point point = space.point(choice -> {
            ChoicePoint kept = thin(choice);
            long value = chooser.choose(kept);
            decisions.add(new Decision(kept, value));
            return value;
        });
        return new Point(point.variant(), decisions, point.result());
    }

    private ChoicePoint thin(ChoicePoint choice) {
        int size = choice.domain().size();
        int limit = limits.getOrDefault(choice.name(), size);
        if (limit >= size) {
            return choice;
        }
        TreeSet<Integer> kept = new TreeSet<>();
        int preferred = choice.domain().indexOf(choice.preferred());
        kept.add(preferred);
        for (int i = 0; i < limit && kept.size() < limit; i++) {
            // The ends first, then what lies evenly between them.
            int step = i < 2 ? i * (limit - 1) : i - 1;
            kept.add(limit == 1 ? preferred : (int) Math.round((double) step * (size - 1) / (limit - 1)));
        }
        return new ChoicePoint(
                choice.name(), kept.stream().map(choice.domain()::get).toList(), choice.preferred());
    }
}
