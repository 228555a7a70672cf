package dev.woodpecker.runtime.toolchain;

import java.util.Optional;
import java.util.function.Supplier;

/** A C compiler that is looked for when it is first wanted, and once: asking a compiler for its version starts it. */
final class CompilerSource {
    private final Supplier<CCompiler> search;
    private Optional<CCompiler> found = Optional.empty();

    private CompilerSource(Supplier<CCompiler> search) {
        this.search = search;
    }

    static CompilerSource of(CCompiler compiler) {
        return new CompilerSource(() -> compiler);
    }

    static CompilerSource of(Environment environment, CacheDirectory cache) {
        return new CompilerSource(() -> CompilerDiscovery.discover(environment, cache));
    }

    /**
     * @throws ToolchainException when there is none
     */
    synchronized CCompiler get() {
        if (found.isEmpty()) {
            found = Optional.of(search.get());
        }
        return found.get();
    }
}
