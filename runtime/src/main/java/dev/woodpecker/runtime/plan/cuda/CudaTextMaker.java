package dev.woodpecker.runtime.plan.cuda;

import dev.woodpecker.runtime.device.emulator.EmulatedDriver;
import dev.woodpecker.runtime.plan.kernel.CodeMaker;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.CacheDirectory.Section;
import dev.woodpecker.runtime.toolchain.CodeOptions.Arithmetic;
import dev.woodpecker.runtime.toolchain.ContentKey;
import dev.woodpecker.runtime.toolchain.Source;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;

/** Makes of a source what the emulator loads: its text. */
record CudaTextMaker(CacheDirectory cache) implements CodeMaker {
    private static final String FILE = "emulated.cu";

    @Override
    public List<Code> make(List<Source> sources) {
        return sources.stream().map(this::make).toList();
    }

    private Code make(Source source) {
        String first = source.options().arithmetic() == Arithmetic.STRICT ? EmulatedDriver.STRICT : "";
        ContentKey key = ContentKey.of(FILE, first + source.text());
        Path file = cache.find(Section.KERNELS, key)
                .orElseGet(() -> cache.publish(
                        Section.KERNELS,
                        key,
                        directory -> Files.writeString(directory.resolve(FILE), first + source.text())))
                .file(FILE);
        return new Code(file, UnaryOperator.identity());
    }
}
