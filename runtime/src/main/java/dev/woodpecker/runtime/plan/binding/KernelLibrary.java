package dev.woodpecker.runtime.plan.binding;

import dev.woodpecker.compiler.expr.KernelProvider;
import dev.woodpecker.compiler.expr.KernelProvider.CompiledKernel;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;

/** All kernels by the operator that they implement: Woodpecker's own and those of the program that uses it. */
public final class KernelLibrary {
    private final Map<String, List<CompiledKernel>> byOperator = new TreeMap<>();

    private KernelLibrary(Collection<CompiledKernel> kernels) {
        for (CompiledKernel kernel : kernels) {
            if (!kernel.spec().operator().isEmpty()) {
                byOperator
                        .computeIfAbsent(kernel.spec().operator(), _ -> new ArrayList<>())
                        .add(kernel);
            }
        }
        byOperator.values().forEach(list -> list.sort(VariantPreference.ORDER));
    }

    public static KernelLibrary of(Collection<CompiledKernel> kernels) {
        return new KernelLibrary(kernels);
    }

    /** The kernels that the class path offers. */
    public static KernelLibrary ofClassPath() {
        return OfClassPath.LIBRARY;
    }

    private static final class OfClassPath {
        private static final KernelLibrary LIBRARY = new KernelLibrary(
                ServiceLoader.load(KernelProvider.class, KernelLibrary.class.getClassLoader()).stream()
                        .flatMap(provider -> provider.get().kernels().stream())
                        .toList());
    }

    /** The kernels of an operator, {@code Conv} or {@code com.acme::Gate}, the preferred one first; none for others. */
    public List<CompiledKernel> kernels(String operator) {
        return List.copyOf(byOperator.getOrDefault(operator, List.of()));
    }

    /** The operators that have kernels, sorted. */
    public Set<String> operators() {
        return java.util.Collections.unmodifiableSet(byOperator.keySet());
    }
}
