package dev.woodpecker.runtime.records;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.plan.TunableKernel;
import dev.woodpecker.runtime.toolchain.ContentKey;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a measurement holds for. A record serves a kernel whose key is equal; one of the same structure and other shapes is a
 * start for a search.
 *
 * @param kernel SHA-256 of the kernel's definition, whatever it is called
 * @param structure SHA-256 of the definition without its numbers
 * @param shapes of inputs and outputs, by name
 * @param layouts of inputs and outputs that are not row-major
 * @param constants inputs that are weights
 * @param device as {@link MachineName} has it
 */
public record RecordKey(
        String kernel,
        String structure,
        Map<String, List<Long>> shapes,
        Map<String, String> layouts,
        List<String> constants,
        String numerics,
        String device,
        int threads) {
    public RecordKey {
        shapes = Collections.unmodifiableMap(new TreeMap<>(shapes));
        layouts = Collections.unmodifiableMap(new TreeMap<>(layouts));
        constants = List.copyOf(constants);
    }

    public static RecordKey of(TunableKernel kernel, Numerics numerics, String device, int threads) {
        TunableKernel.Alternative first = kernel.first();
        String text = first.preparation().map(RecordKey::definition).orElse("") + definition(first.program());
        Map<String, String> layouts = new TreeMap<>();
        kernel.layouts().forEach((tensor, layout) -> layouts.put(tensor, layout.text()));
        return new RecordKey(
                ContentKey.of(text).hex(),
                ContentKey.of(text.replaceAll("\\d+", "#")).hex(),
                shapes(first.program()),
                layouts,
                new ArrayList<>(new TreeSet<>(kernel.constants())),
                numerics.text(),
                device,
                threads);
    }

    /** The program's text without its first line, which has its name. */
    private static String definition(TensorProgram program) {
        String text = IrText.of(program);
        return text.substring(text.indexOf('\n') + 1);
    }

    private static Map<String, List<Long>> shapes(TensorProgram program) {
        Map<String, List<Long>> shapes = new TreeMap<>();
        program.inputs().forEach(input -> shapes.put(input.name(), extents(input.shape())));
        program.outputs()
                .forEach(output -> shapes.put(
                        output, extents(program.stage(output).orElseThrow().shape())));
        return shapes;
    }

    private static List<Long> extents(List<Expr> shape) {
        return shape.stream()
                .map(extent -> IndexMath.constant(extent).orElse(-1))
                .toList();
    }

    /**
     * How far another kernel is, for a start of a search: the sum of |log2| of the ratios of the extents, and 1 for each
     * other field that differs. Empty if its structure is another.
     */
    public OptionalDouble distance(RecordKey other) {
        if (!structure.equals(other.structure) || !shapes.keySet().equals(other.shapes.keySet())) {
            return OptionalDouble.empty();
        }
        double distance = differences(other).stream()
                .filter(field -> !field.startsWith("shapes"))
                .count();
        for (Map.Entry<String, List<Long>> entry : shapes.entrySet()) {
            List<Long> mine = entry.getValue();
            List<Long> theirs = other.shapes.getOrDefault(entry.getKey(), List.of());
            if (mine.size() != theirs.size()) {
                return OptionalDouble.empty();
            }
            for (int axis = 0; axis < mine.size(); axis++) {
                distance += Math.abs(Math.log(Math.max(1.0, mine.get(axis)) / Math.max(1.0, theirs.get(axis))))
                        / Math.log(2);
            }
        }
        return OptionalDouble.of(distance);
    }

    /** The fields in which another key differs, with both values: {@code threads: 1, not 4}. */
    public List<String> differences(RecordKey other) {
        List<String> differences = new ArrayList<>();
        if (!structure.equals(other.structure)) {
            differences.add("kernel: another computation");
        } else if (!shapes.equals(other.shapes)) {
            differences.add("shapes: " + other.shapes + ", not " + shapes);
        } else if (!kernel.equals(other.kernel)) {
            differences.add("kernel: other attributes");
        }
        add(differences, "layouts", layouts, other.layouts);
        add(differences, "constants", constants, other.constants);
        add(differences, "numerics", numerics, other.numerics);
        add(differences, "device", device, other.device);
        add(differences, "threads", threads, other.threads);
        return differences;
    }

    private static void add(List<String> differences, String field, Object mine, Object theirs) {
        if (!mine.equals(theirs)) {
            differences.add(field + ": " + theirs + ", not " + mine);
        }
    }
}
