package dev.woodpecker.runtime.plan.kernel;

import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.KernelCompiler;
import dev.woodpecker.runtime.toolchain.Source;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;

/** Compiles sources to files of native code, for a processor or for a GPU. */
public interface CodeMaker {
    /**
     * Native code in a file, with others perhaps.
     *
     * @param exported the name in the file of a symbol of the source
     */
    record Code(Path file, UnaryOperator<String> exported) {}

    /** Where what is made is kept. */
    CacheDirectory cache();

    /**
     * Compiles several, side by side; the result is in their order.
     *
     * @throws dev.woodpecker.runtime.toolchain.CompilationException for a source that the compiler refuses
     */
    List<Code> make(List<Source> sources);

    /** Makes nothing: for plans of which only what they would compile is asked. */
    static CodeMaker none(CacheDirectory cache) {
        return new CodeMaker() {
            @Override
            public CacheDirectory cache() {
                return cache;
            }

            @Override
            public List<Code> make(List<Source> sources) {
                throw new IllegalStateException("nothing was to be compiled, and " + sources.size() + " sources are");
            }
        };
    }

    /** Makes shared libraries. */
    static CodeMaker of(KernelCompiler compiler) {
        return new CodeMaker() {
            @Override
            public CacheDirectory cache() {
                return compiler.cache();
            }

            @Override
            public List<Code> make(List<Source> sources) {
                return compiler.compile(sources).stream()
                        .map(library -> new Code(library.file(), library::exported))
                        .toList();
            }
        };
    }
}
