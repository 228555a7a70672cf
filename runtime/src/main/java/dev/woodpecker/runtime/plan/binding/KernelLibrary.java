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
import java.util.concurrent.ConcurrentHashMap;

/**
 * All kernels by the operator that they implement: Woodpecker's own and those of the program that uses it. Those of an operator
 * are parsed when it is first asked for.
 */
public final class KernelLibrary {
    private final Map<String, List<KernelProvider>> providers = new TreeMap<>();
    private final Map<String, List<CompiledKernel>> parsed = new ConcurrentHashMap<>();

    private KernelLibrary(Iterable<KernelProvider> all) {
        for (KernelProvider provider : all) {
            for (String operator : provider.operators()) {
                providers.computeIfAbsent(operator, _ -> new ArrayList<>()).add(provider);
            }
        }
    }

    public static KernelLibrary of(Collection<CompiledKernel> kernels) {
        List<CompiledKernel> all = List.copyOf(kernels);
        return new KernelLibrary(List.of(() -> all));
    }

    /** The kernels that the class path offers. */
    public static KernelLibrary ofClassPath() {
        return OfClassPath.LIBRARY;
    }

    private static final class OfClassPath {
        private static final KernelLibrary LIBRARY =
                new KernelLibrary(ServiceLoader.load(KernelProvider.class, KernelLibrary.class.getClassLoader()));
    }

    /** The kernels of an operator, {@code Conv} or {@code com.acme::Gate}, the preferred one first; none for others. */
    public List<CompiledKernel> kernels(String operator) {
        List<KernelProvider> all = providers.get(operator);
        return all == null
                ? List.of()
                : parsed.computeIfAbsent(
                        operator,
                        name -> all.stream()
                                .flatMap(provider -> provider.kernels(name).stream())
                                .sorted(VariantPreference.ORDER)
                                .toList());
    }

    /** The operators that have kernels, sorted. */
    public Set<String> operators() {
        return java.util.Collections.unmodifiableSet(providers.keySet());
    }
}
