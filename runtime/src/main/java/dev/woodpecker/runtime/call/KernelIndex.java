package dev.woodpecker.runtime.call;

import dev.woodpecker.compiler.expr.KernelProvider;
import dev.woodpecker.compiler.expr.KernelProvider.CompiledKernel;
import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.runtime.plan.binding.KernelLibrary;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Stream;

/** All kernels that a class loader finds, by the names that people use for them. */
public final class KernelIndex {
    private final List<CompiledKernel> kernels;

    private KernelIndex(Collection<CompiledKernel> kernels) {
        this.kernels = inOrderOfPreference(kernels);
    }

    public static KernelIndex of(Collection<CompiledKernel> kernels) {
        return new KernelIndex(kernels);
    }

    /** The kernels of a class path: Woodpecker's own and those of the program that uses it. */
    public static KernelIndex of(ClassLoader loader) {
        return new KernelIndex(ServiceLoader.load(KernelProvider.class, loader).stream()
                .flatMap(provider -> provider.get().kernels().stream())
                .toList());
    }

    /** Operators in alphabetical order, each with its preferred kernel first; then kernels of no operator. */
    private static List<CompiledKernel> inOrderOfPreference(Collection<CompiledKernel> kernels) {
        KernelLibrary library = KernelLibrary.of(kernels);
        List<CompiledKernel> ordered = new ArrayList<>();
        library.operators().forEach(operator -> ordered.addAll(library.kernels(operator)));
        kernels.stream().filter(kernel -> kernel.spec().operator().isEmpty()).forEach(ordered::add);
        return List.copyOf(ordered);
    }

    public List<CompiledKernel> kernels() {
        return kernels;
    }

    /**
     * The kernels of this name, the preferred one first: an operator's ({@code Conv}), a method's ({@code conv2d},
     * {@code Convolution.conv2d}, or with its package), all overloads unless the parameter kinds are named too.
     *
     * @throws IllegalArgumentException naming the nearest names, if there is none
     */
    public List<CompiledKernel> find(String name) {
        List<CompiledKernel> found = kernels.stream()
                .filter(kernel -> names(kernel.spec()).anyMatch(name::equals))
                .toList();
        if (found.isEmpty()) {
            List<String> near = NearestNames.of(
                    name,
                    kernels.stream()
                            .flatMap(kernel -> names(kernel.spec()))
                            .distinct()
                            .toList());
            throw new IllegalArgumentException("no operator or kernel is called '" + name + "'"
                    + (near.isEmpty() ? "" : "; near it: " + String.join(", ", near)) + "; wpk emit --list has all");
        }
        return found;
    }

    private static Stream<String> names(KernelSpec spec) {
        String method = withoutKinds(spec.shortName());
        return Stream.of(
                        spec.operator(),
                        spec.operator().substring(spec.operator().lastIndexOf(':') + 1),
                        spec.shortName(),
                        method,
                        method.substring(method.lastIndexOf('.') + 1),
                        spec.name(),
                        withoutKinds(spec.name()))
                .filter(text -> !text.isEmpty());
    }

    private static String withoutKinds(String name) {
        return name.replaceAll("\\(.*", "");
    }
}
