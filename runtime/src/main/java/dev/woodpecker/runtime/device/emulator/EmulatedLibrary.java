package dev.woodpecker.runtime.device.emulator;

import dev.woodpecker.runtime.device.cpu.NativeMemory;
import dev.woodpecker.runtime.toolchain.CompilerMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A loaded library of emulated kernels: one grid runs at a time. */
final class EmulatedLibrary {
    private static final String RUN = "woodpecker_run";

    /** The Itanium C++ ABI's name of what is static in a function: {@code _ZZ 6 kernel E 7 a_cache}. */
    private static final Pattern LOCAL = Pattern.compile("_ZZ(\\d+)(.*)");

    private static final Pattern COUNTED = Pattern.compile("E(\\d+)(.*)");

    private static final Pattern SHARED = Pattern.compile("__shared__ ([a-z ]+?) (\\w+)\\[");

    private static final Map<String, Integer> TYPE_BYTES = Map.of(
            "signed char",
            1,
            "unsigned char",
            1,
            "short",
            2,
            "unsigned short",
            2,
            "int",
            4,
            "unsigned int",
            4,
            "float",
            4);

    /** The dynamic loader gives one library for one file, and its state is its own. */
    private static final Map<Path, Object> LOCKS = new ConcurrentHashMap<>();

    private final Path file;
    private final Arena arena;
    private final SymbolLookup symbols;
    private final ElfImage image;
    private final LineTable lines;
    private final MethodHandle run;
    private final MethodHandle sizes;
    private final MemorySegment runAddress;
    private final long moved;
    /** Kept from launch to launch: making pages takes longer than most grids run. */
    private MemorySegment stacks = MemorySegment.NULL;

    private EmulatedLibrary(Path file, Arena arena, SymbolLookup symbols, ElfImage image) {
        this.file = file;
        this.arena = arena;
        this.symbols = symbols;
        this.image = image;
        this.lines = LineTable.of(image);
        Linker linker = Linker.nativeLinker();
        this.runAddress = address(RUN);
        this.run = linker.downcallHandle(runAddress, FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));
        this.sizes = linker.downcallHandle(
                address("woodpecker_sizes"), FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));
        this.moved = runAddress.address() - image.symbol(RUN).orElseThrow().address();
    }

    static EmulatedLibrary open(Path file, Arena arena) {
        try {
            return new EmulatedLibrary(
                    file, arena, SymbolLookup.libraryLookup(file, arena), ElfImage.parse(Files.readAllBytes(file)));
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException("cannot load " + file + ": " + e.getMessage(), e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    /** What must be held while a grid runs. */
    Object lock() {
        return LOCKS.computeIfAbsent(file, _ -> new Object());
    }

    /** Memory for the stacks of one grid, whatever it held before; by whoever holds the lock. */
    MemorySegment stacks(long bytes) {
        if (stacks.byteSize() < bytes) {
            stacks = NativeMemory.allocate(arena, bytes, "the stacks of threads");
        }
        return stacks;
    }

    MemorySegment entry(int number, String symbol) {
        return address("entry_" + EmulatorCompiler.prefix(number) + "_" + symbol);
    }

    private MemorySegment address(String symbol) {
        return symbols.find(symbol)
                .orElseThrow(() -> new IllegalStateException(file + " exports no function '" + symbol + "'"));
    }

    void run(LaunchRecord launch) {
        try {
            run.invokeExact(launch.memory());
        } catch (Throwable e) {
            throw new IllegalStateException("the emulator cannot be called", e);
        }
    }

    /** Bytes of {@code struct Fiber}. */
    long fiberBytes() {
        return size(1);
    }

    /** Bytes of {@code struct Copy}. */
    long copyBytes() {
        return size(2);
    }

    /** Bytes of {@code struct Cell}. */
    long cellBytes() {
        return size(3);
    }

    private long size(int what) {
        try {
            return (long) sizes.invokeExact(what);
        } catch (Throwable e) {
            throw new IllegalStateException("the emulator cannot be called", e);
        }
    }

    /** What an element of a type takes that kernels declare arrays of. */
    static int typeBytes(String type) {
        return TYPE_BYTES.getOrDefault(type, 8);
    }

    /** The arrays that a kernel's blocks share, and the tables of its text. */
    List<Region> regions(int number, String symbol, String text) {
        Map<String, Integer> elementBytes = new HashMap<>();
        Matcher declared = SHARED.matcher(text);
        while (declared.find()) {
            elementBytes.put(declared.group(2), typeBytes(declared.group(1)));
        }
        List<Region> regions = new ArrayList<>();
        String prefix = EmulatorCompiler.prefix(number);
        String ofTables = "_ZN" + prefix.length() + prefix;
        for (ElfImage.Symbol s : image.symbols()) {
            if (s.bytes() > 0 && s.section().equals(".bss")) {
                sharedName(s.name(), prefix + "_" + symbol)
                        .ifPresent(name -> regions.add(new Region(
                                name,
                                Region.Kind.SHARED,
                                s.address() + moved,
                                s.bytes(),
                                elementBytes.getOrDefault(name, 1))));
            } else if (s.section().startsWith(".rodata") && s.name().startsWith(ofTables)) {
                String name = s.name().substring(ofTables.length()).replaceAll("^L?\\d+|E$", "");
                regions.add(new Region(name, Region.Kind.CONSTANT, s.address() + moved, s.bytes(), 1));
            }
        }
        return regions;
    }

    private static Optional<String> sharedName(String mangled, String function) {
        Matcher local = LOCAL.matcher(mangled);
        if (!local.matches()) {
            return Optional.empty();
        }
        String rest = local.group(2);
        if (Integer.parseInt(local.group(1)) != function.length() || !rest.startsWith(function)) {
            return Optional.empty();
        }
        Matcher counted = COUNTED.matcher(rest.substring(function.length()));
        if (!counted.matches()) {
            return Optional.empty();
        }
        String name = counted.group(2).substring(0, Integer.parseInt(counted.group(1)));
        return name.startsWith("zone_") ? Optional.empty() : Optional.of(name);
    }

    /** The line of a text that the code before an address was compiled from. */
    Optional<Fault.Place> place(long site, int number, String text) {
        return lines.endingAt(site - moved)
                .filter(place -> place.file().equals(EmulatorCompiler.file(number)))
                .map(place -> place(place.line(), text));
    }

    static Fault.Place place(int line, String text) {
        String itself = text.lines().skip(line - 1L).findFirst().orElse("");
        return new Fault.Place(line, itself, CompilerMessage.javaOrigin(text, line));
    }
}
