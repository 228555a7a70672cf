package dev.woodpecker.runtime.device.cuda.driver;

import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.lower.TensorMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A tensor map that a kernel wants of one of its arguments, wherever that lies.
 *
 * @param argument its number among the kernel's buffers
 * @param extents of the tensor, outermost axis first
 * @param box elements along each axis that a copy brings
 */
public record MappedArgument(int argument, List<Long> extents, List<Integer> box) {
    public MappedArgument {
        extents = List.copyOf(extents);
        box = List.copyOf(box);
    }

    /** Those of a phase, in the order of its parameters. */
    public static List<MappedArgument> of(LoweredKernel kernel, LoweredKernel.Phase phase) {
        List<String> names =
                kernel.arguments().stream().map(a -> a.buffer().name()).toList();
        return TensorMap.all(phase.body()).stream()
                .map(map -> new MappedArgument(names.indexOf(map.buffer()), map.extents(), map.box()))
                .toList();
    }

    /** The tensor at the address that a launch's arguments say. */
    public BoxedTensor tensor(List<Long> arguments) {
        return new BoxedTensor(arguments.get(argument), extents, box);
    }

    /** What {@code driver} makes of these for a launch. */
    public static List<TensorMapBits> encoded(List<MappedArgument> maps, List<Long> arguments, CudaDriver driver) {
        return maps.stream().map(map -> driver.encode(map.tensor(arguments))).toList();
    }

    /** {@code argument:extents:box}, as {@code 0:4096x512:128x64}. */
    public String text() {
        return argument + ":" + joined(extents) + ":" + joined(box);
    }

    private static String joined(List<?> numbers) {
        return numbers.stream().map(Object::toString).collect(Collectors.joining("x"));
    }

    /** @throws IllegalArgumentException if it is no {@link #text} */
    public static MappedArgument parse(String text) {
        String[] parts = text.split(":", -1);
        if (parts.length != 3) {
            throw new IllegalArgumentException("'" + text + "' is no map of an argument: argument:extents:box");
        }
        return new MappedArgument(
                Integer.parseInt(parts[0]), numbers(parts[1], Long::valueOf), numbers(parts[2], Integer::valueOf));
    }

    private static <T> List<T> numbers(String text, Function<String, T> number) {
        return new ArrayList<>(Arrays.stream(text.split("x", -1)).map(number).toList());
    }
}
