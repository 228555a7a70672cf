package dev.woodpecker.runtime.onnx.host;

import dev.woodpecker.runtime.NdArray;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The different elements, or with {@code axis} the different slices across it: sorted, or in the order in which they
 * first occur. Further results: where each first occurs, which of them each element is, and how often each occurs.
 */
final class Unique implements HostOperator {

    @Override
    public List<NdArray> run(HostCall call) {
        NdArray given = call.input(0);
        boolean flat = call.node().attribute("axis").isEmpty();
        NdArray x = flat ? given.reshape(Math.toIntExact(given.elements())) : given;
        int axis = flat ? 0 : call.axis("axis", x);
        Lines lines = Lines.of(x, axis);
        Comparator<Integer> bySlice = (i, j) -> compare(x, lines, i, j);
        // A stable sort: the first of equal slices is the one that occurs first.
        List<Integer> order =
                IntStream.range(0, lines.extent()).boxed().sorted(bySlice).toList();
        List<Group> groups = new ArrayList<>();
        for (int slice : order) {
            if (groups.isEmpty() || bySlice.compare(groups.getLast().first(), slice) != 0) {
                groups.add(new Group(slice, new ArrayList<>()));
            }
            groups.getLast().members().add(slice);
        }
        if (call.node().integer("sorted") == 0) {
            groups.sort(Comparator.comparingInt(Group::first));
        }
        return results(x, axis, lines, groups);
    }

    private record Group(int first, List<Integer> members) {}

    private static int compare(NdArray x, Lines lines, int i, int j) {
        for (long outer = 0; outer < lines.outers(); outer++) {
            for (long inner = 0; inner < lines.inners(); inner++) {
                int order = ElementOrder.compare(x, lines.position(outer, i, inner), lines.position(outer, j, inner));
                if (order != 0) {
                    return order;
                }
            }
        }
        return 0;
    }

    private static List<NdArray> results(NdArray x, int axis, Lines from, List<Group> groups) {
        int[] shape = x.shape();
        shape[axis] = groups.size();
        NdArray unique = NdArray.allocate(x.type(), shape);
        Lines to = Lines.of(unique, axis);
        long bytes = from.inners() * x.type().bytes();
        long[] firsts = new long[groups.size()];
        long[] inverse = new long[from.extent()];
        long[] counts = new long[groups.size()];
        for (int g = 0; g < groups.size(); g++) {
            Group group = groups.get(g);
            firsts[g] = group.first();
            counts[g] = group.members().size();
            for (int member : group.members()) {
                inverse[member] = g;
            }
            for (long outer = 0; outer < from.outers(); outer++) {
                long source = from.position(outer, group.first(), 0) * x.type().bytes();
                long target = to.position(outer, g, 0) * x.type().bytes();
                MemorySegment.copy(x.memory(), source, unique.memory(), target, bytes);
            }
        }
        return List.of(
                unique,
                NdArray.of(firsts, firsts.length),
                NdArray.of(inverse, inverse.length),
                NdArray.of(counts, counts.length));
    }
}
