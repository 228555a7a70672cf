package dev.woodpecker.runtime.plan;

import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.plan.PlanParts.Place;
import dev.woodpecker.runtime.plan.program.CopyProgram;
import dev.woodpecker.runtime.plan.program.Cut;
import dev.woodpecker.runtime.plan.program.Joining;
import dev.woodpecker.runtime.plan.program.Layouts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Takes out copies between values where one can lie in the other's memory: what a Concat joins is written where it ends up,
 * and a Slice, Split or Gather of one index is read where it is. The part has to be in one piece, which it is along the
 * outermost axis of more than one step, in whole blocks of its layout, and begin where kernels may begin.
 *
 * <pre>
 * a = conv2d(x, w); b = conv2d(x, v)      ->      a = conv2d(x, w); b = conv2d(x, v)
 * y = concat(a, b)                                y = join(a, b)     a at 0, b behind it
 *
 * y = slice(x)                            ->      y = part of x, 4096 bytes on
 * </pre>
 *
 * <p>Inputs and outputs of the graph stay as they are: their memory is the caller's. What cannot be written in place, as it
 * is joined twice, is copied alone, if that is the lesser part.
 */
final class ShareMemory {
    private final KernelGraph graph;
    private final Set<String> fixed;
    /** The graph's outputs and what they are views of. */
    private final Set<String> returned;

    private final Map<String, Place> places = new HashMap<>();
    private final Map<String, TensorType> types;
    private final Map<String, LayoutMap> layouts;

    private ShareMemory(KernelGraph graph) {
        this.graph = graph;
        this.types = new LinkedHashMap<>(graph.types());
        this.layouts = new HashMap<>(graph.layouts());
        this.fixed = new HashSet<>(graph.constants().keySet());
        this.returned = new HashSet<>(graph.outputs());
        for (Operation operation : graph.operations().reversed()) {
            if (operation instanceof Operation.View view && returned.contains(view.output())) {
                returned.add(view.input());
            }
        }
    }

    static KernelGraph apply(KernelGraph graph) {
        return new ShareMemory(graph).shared();
    }

    private KernelGraph shared() {
        List<Operation> operations = new ArrayList<>();
        for (Operation operation : graph.operations()) {
            if (fixed.containsAll(operation.inputs())) {
                fixed.addAll(operation.outputs());
                operations.add(operation);
            } else {
                switch (operation) {
                    case Operation.Kernel kernel ->
                        operations.addAll(part(kernel).or(() -> join(kernel)).orElse(List.of(kernel)));
                    case Operation.View view -> {
                        places.put(view.output(), new Place(view.input(), 0));
                        operations.add(view);
                    }
                    case Operation.Part _, Operation.Join _ -> operations.add(operation);
                }
            }
        }
        return new KernelGraph(graph.inputs(), graph.constants(), operations, graph.outputs(), types, layouts);
    }

    /** The kernel as a part of its input's memory. */
    private Optional<List<Operation>> part(Operation.Kernel kernel) {
        Optional<Cut> cut = Cut.of(kernel.program());
        if (cut.isEmpty()
                || !isInArena(kernel.inputs().getFirst())
                || returned.contains(kernel.outputs().getFirst())) {
            return Optional.empty();
        }
        String input = kernel.inputs().getFirst();
        String output = kernel.outputs().getFirst();
        OptionalLong offset = offsetBytes(input, cut.get().starts(), cut.get().extents(), output);
        if (offset.isEmpty()) {
            return Optional.empty();
        }
        places.put(output, new Place(input, offset.getAsLong()));
        return Optional.of(List.of(new Operation.Part(kernel.name(), input, output, offset.getAsLong())));
    }

    /** The kernel as a join of values that are written in place, with copies of the others. */
    private Optional<List<Operation>> join(Operation.Kernel kernel) {
        Optional<Joining> joining = Joining.of(kernel.program());
        String output = kernel.outputs().getFirst();
        if (joining.isEmpty() || returned.contains(output)) {
            return Optional.empty();
        }
        List<Long> offsets = new ArrayList<>();
        Set<String> roots = new HashSet<>();
        List<Boolean> direct = new ArrayList<>();
        long directBytes = 0;
        for (int i = 0; i < kernel.inputs().size(); i++) {
            String input = kernel.inputs().get(i);
            OptionalLong offset = offsetOf(input, joining.get(), i, output);
            if (offset.isEmpty()) {
                return Optional.empty();
            }
            offsets.add(offset.getAsLong());
            boolean takes = isInArena(input)
                    && liesLike(output, extents(input), input)
                    && isAllOfItsRoot(input)
                    && roots.add(place(input).value());
            direct.add(takes);
            directBytes += takes ? bytes(input) : 0;
        }
        if (2 * directBytes < bytes(output)) {
            return Optional.empty();
        }
        List<Operation> operations = new ArrayList<>();
        List<String> inputs = new ArrayList<>();
        for (int i = 0; i < kernel.inputs().size(); i++) {
            String input = kernel.inputs().get(i);
            inputs.add(direct.get(i) ? input : copy(input, output, i, operations));
        }
        for (int i = 0; i < inputs.size(); i++) {
            places.put(place(inputs.get(i)).value(), new Place(output, offsets.get(i)));
        }
        operations.add(new Operation.Join(kernel.name(), inputs, output, offsets));
        return Optional.of(operations);
    }

    private OptionalLong offsetOf(String input, Joining joining, int position, String output) {
        int[] shape = shape(input);
        List<Long> starts = new ArrayList<>();
        for (int axis = 0; axis < shape.length; axis++) {
            starts.add(axis == joining.axis() ? joining.starts().get(position) : 0L);
        }
        return offset(output, starts, extents(input));
    }

    /** Copies a value to where it is joined, in the layout that it has there. */
    private String copy(String input, String output, int position, List<Operation> operations) {
        String copy = output + "/" + position;
        TensorType type = type(input);
        types.put(copy, type);
        LayoutMap layout = Layouts.simplified(layout(output), shape(input));
        if (!layout.isRowMajor()) {
            layouts.put(copy, layout);
        }
        operations.add(new Operation.Kernel(
                "copy(" + input + ")",
                "Copy",
                CopyProgram.of(type.element(), shape(input)),
                List.of(input),
                List.of(copy)));
        return copy;
    }

    /** Whether a value has memory that is not the caller's, nor a constant's. */
    private boolean isInArena(String value) {
        String root = place(value).value();
        return !graph.inputs().contains(root)
                && !fixed.contains(root)
                && !fixed.contains(value)
                && !returned.contains(root);
    }

    private boolean isAllOfItsRoot(String value) {
        Place place = place(value);
        return place.offsetBytes() == 0 && bytes(place.value()) == bytes(value);
    }

    /** Where a box of a value is in its memory, if the box lies there as another value is to lie. */
    private OptionalLong offsetBytes(String whole, List<Long> starts, List<Long> extents, String box) {
        return liesLike(whole, extents, box) ? offset(whole, starts, extents) : OptionalLong.empty();
    }

    /** Where a box of a value begins in its memory, if it is there in one piece at an address as kernels want it. */
    private OptionalLong offset(String whole, List<Long> starts, List<Long> extents) {
        OptionalLong elements = Layouts.offset(layout(whole), shape(whole), starts, extents);
        if (elements.isEmpty()) {
            return elements;
        }
        long offset = elements.getAsLong() * type(whole).element().bytes();
        return offset % MemoryPlanner.ALIGNMENT == 0 ? OptionalLong.of(offset) : OptionalLong.empty();
    }

    private boolean liesLike(String whole, List<Long> extents, String box) {
        int[] boxExtents = extents.stream().mapToInt(Math::toIntExact).toArray();
        LayoutMap inWhole = Layouts.simplified(layout(whole), boxExtents);
        LayoutMap own = Layouts.simplified(layout(box), shape(box));
        return inWhole.isRowMajor() && own.isRowMajor() || inWhole.equals(own) && Arrays.equals(boxExtents, shape(box));
    }

    private Place place(String value) {
        return PlanParts.resolved(value, places);
    }

    private List<Long> extents(String value) {
        return Arrays.stream(shape(value)).mapToObj(extent -> (long) extent).toList();
    }

    private long bytes(String value) {
        return Layouts.elements(layout(value), shape(value))
                * type(value).element().bytes();
    }

    private LayoutMap layout(String value) {
        LayoutMap layout = layouts.get(value);
        return layout == null ? LayoutMap.rowMajor(shape(value).length) : layout;
    }

    private int[] shape(String value) {
        return type(value).shape().extents();
    }

    private TensorType type(String value) {
        TensorType type = types.get(value);
        if (type == null) {
            throw new IllegalStateException("the type of '" + value + "' is not known");
        }
        return type;
    }
}
