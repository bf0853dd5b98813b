/** The day on which the prices were read. */
export const PRICES_AS_OF = '2026-06-18';

export const PRICES_SOURCE = 'Linux on-demand list prices, from the public snapshot in the Azure provider of Karpenter';

/**
 * US dollars an hour for the whole machine: one size a line, then region=price. A pair that is missing has no price in the
 * snapshot. A table in text, because it is read by people in diffs and replaced as a whole.
 */
export const AZURE_PRICES = `
Standard_NV12s_v3 eastus=1.14 eastus2=1.14 westus2=1.14 southcentralus=1.368 northeurope=1.21 westeurope=1.426 uksouth=1.425 francecentral=1.425 japaneast=1.58 australiaeast=1.59 southeastasia=1.59 brazilsouth=1.938 centralindia=1.596
Standard_NV24s_v3 eastus=2.28 eastus2=2.28 westus2=2.28 southcentralus=2.736 northeurope=2.42 westeurope=2.85 uksouth=2.85 francecentral=2.85 japaneast=3.16 australiaeast=3.179 southeastasia=3.18 brazilsouth=3.876 centralindia=3.192
Standard_NV48s_v3 eastus=4.56 eastus2=4.56 westus2=4.56 southcentralus=5.472 northeurope=4.838 westeurope=5.7 uksouth=5.7 francecentral=5.7 japaneast=6.32 australiaeast=6.358 southeastasia=6.36 brazilsouth=7.752 centralindia=6.384
Standard_NC6s_v3 eastus=3.06 eastus2=3.06 westus2=3.06 westus3=3.06 southcentralus=3.366 northeurope=3.305 westeurope=3.823 uksouth=3.589 francecentral=3.58 japaneast=4.194 australiaeast=4.234 southeastasia=4.234 canadacentral=3.366 brazilsouth=6.12 centralindia=4.234
Standard_NC12s_v3 eastus=6.12 eastus2=6.12 westus2=6.12 westus3=6.12 southcentralus=6.732 northeurope=6.61 westeurope=7.646 uksouth=7.178 francecentral=7.16 japaneast=8.388 australiaeast=8.468 southeastasia=8.468 canadacentral=6.732 brazilsouth=12.24 centralindia=8.468
Standard_NC24rs_v3 eastus=13.46 eastus2=13.464 westus2=13.46 westus3=13.46 southcentralus=14.8104 northeurope=14.541 westeurope=16.821 uksouth=15.792 francecentral=15.753 japaneast=18.454 australiaeast=18.63 southeastasia=18.63 canadacentral=14.81 brazilsouth=26.928 centralindia=18.63
Standard_NC24s_v3 eastus=12.24 eastus2=12.24 westus2=12.24 westus3=12.24 southcentralus=13.464 northeurope=13.219 westeurope=15.292 uksouth=14.356 francecentral=14.321 japaneast=16.776 australiaeast=16.936 southeastasia=16.936 canadacentral=13.464 brazilsouth=24.48 centralindia=16.936
Standard_ND40rs_v2 eastus=22.032 westus2=22.032 southcentralus=26.438 westeurope=27.526 southeastasia=30.492
Standard_NC4as_T4_v3 eastus=0.526 eastus2=0.526 westus2=0.526 westus3=0.526 southcentralus=0.631 northeurope=0.587 westeurope=0.658 swedencentral=0.558 uksouth=0.615 francecentral=0.615 japaneast=0.71 australiaeast=0.684 southeastasia=0.736 canadacentral=0.584 brazilsouth=0.894 centralindia=0.579
Standard_NC8as_T4_v3 eastus=0.752 eastus2=0.752 westus2=0.752 westus3=0.752 southcentralus=0.902 northeurope=0.838 westeurope=0.94 swedencentral=0.796 uksouth=0.88 francecentral=0.878 japaneast=1.015 australiaeast=0.978 southeastasia=1.052 canadacentral=0.834 brazilsouth=1.277 centralindia=0.827
Standard_NC16as_T4_v3 eastus=1.204 eastus2=1.204 westus2=1.204 westus3=1.204 southcentralus=1.445 northeurope=1.342 westeurope=1.505 swedencentral=1.276 uksouth=1.409 francecentral=1.407 japaneast=1.625 australiaeast=1.565 southeastasia=1.685 canadacentral=1.336 brazilsouth=2.046 centralindia=1.324
Standard_NC64as_T4_v3 eastus=4.352 eastus2=4.352 westus2=4.352 westus3=4.352 southcentralus=5.222 northeurope=4.853 westeurope=5.44 swedencentral=4.603 uksouth=5.092 francecentral=5.077 japaneast=5.875 australiaeast=5.658 southeastasia=6.089 canadacentral=4.82 brazilsouth=7.383 centralindia=4.787
Standard_NV6ads_A10_v5 eastus=0.454 eastus2=0.454 westus2=0.454 westus3=0.454 southcentralus=0.545 northeurope=0.545 westeurope=0.59 swedencentral=0.59 uksouth=0.567 francecentral=0.567 japaneast=0.658 australiaeast=0.658 southeastasia=0.59 canadacentral=0.545 brazilsouth=0.908 centralindia=0.636
Standard_NV12ads_A10_v5 eastus=0.908 eastus2=0.908 westus2=0.908 westus3=0.908 southcentralus=1.09 northeurope=1.09 westeurope=1.18 swedencentral=1.18 uksouth=1.135 francecentral=1.135 japaneast=1.317 australiaeast=1.317 southeastasia=1.18 canadacentral=1.09 brazilsouth=1.816 centralindia=1.271
Standard_NV18ads_A10_v5 eastus=1.6 eastus2=1.6 westus2=1.6 westus3=1.6 southcentralus=1.92 northeurope=1.92 westeurope=2.08 swedencentral=2.08 uksouth=2 francecentral=2 japaneast=2.32 australiaeast=2.32 southeastasia=2.08 canadacentral=1.92 brazilsouth=3.2 centralindia=2.24
Standard_NV36adms_A10_v5 eastus=4.52 eastus2=4.52 westus2=4.52 westus3=4.52 southcentralus=5.424 northeurope=5.424 westeurope=5.876 swedencentral=5.876 uksouth=5.65 francecentral=5.65 japaneast=6.554 australiaeast=6.554 southeastasia=5.876 canadacentral=5.424 brazilsouth=9.04 centralindia=6.328
Standard_NV36ads_A10_v5 eastus=3.2 eastus2=3.2 westus2=3.2 westus3=3.2 southcentralus=3.84 northeurope=3.84 westeurope=4.16 swedencentral=4.16 uksouth=4 francecentral=4 japaneast=4.64 australiaeast=4.64 southeastasia=4.16 canadacentral=3.84 brazilsouth=6.4 centralindia=4.48
Standard_NV72ads_A10_v5 eastus=6.52 eastus2=6.52 westus2=6.52 westus3=6.52 southcentralus=7.824 northeurope=7.824 westeurope=8.476 swedencentral=8.476 uksouth=8.15 francecentral=8.15 japaneast=9.454 australiaeast=9.454 southeastasia=8.476 canadacentral=7.824 brazilsouth=13.04 centralindia=9.128
Standard_NC24ads_A100_v4 eastus=3.673 eastus2=3.673 westus2=3.673 westus3=3.673 southcentralus=4.408 northeurope=4.408 westeurope=4.775 swedencentral=4.775 uksouth=4.591 francecentral=4.591 japaneast=5.326 australiaeast=5.326 southeastasia=4.775 canadacentral=4.408 brazilsouth=7.346 centralindia=5.142
Standard_NC48ads_A100_v4 eastus=7.346 eastus2=7.346 westus2=7.346 westus3=7.346 southcentralus=8.815 northeurope=8.815 westeurope=9.55 swedencentral=9.55 uksouth=9.183 francecentral=9.183 japaneast=10.652 australiaeast=10.652 southeastasia=9.55 canadacentral=8.815 brazilsouth=14.692 centralindia=10.284
Standard_NC96ads_A100_v4 eastus=14.692 eastus2=14.692 westus2=14.692 westus3=14.692 southcentralus=17.63 northeurope=17.63 westeurope=19.1 swedencentral=19.1 uksouth=18.365 francecentral=18.365 japaneast=21.303 australiaeast=21.303 southeastasia=19.1 canadacentral=17.63 brazilsouth=29.384 centralindia=20.569
Standard_ND96asr_A100_v4 eastus=27.197 westus2=27.197 westus3=27.197 southcentralus=32.63 westeurope=35.357
Standard_ND96asr_v4 eastus=27.197 westus2=27.197 southcentralus=32.63 westeurope=35.357
Standard_ND96amsr_A100_v4 eastus=32.77 eastus2=32.77 westus2=32.77 westus3=32.77 southcentralus=39.324 westeurope=40.962 swedencentral=40.962 uksouth=40.962 francecentral=40.962 japaneast=47.517 australiaeast=47.516 canadacentral=39.324 brazilsouth=65.54
Standard_NC40ads_H100_v5 eastus=6.98 eastus2=6.98 westus2=6.98 westus3=6.98 southcentralus=8.38 northeurope=8.376 westeurope=9.08 swedencentral=9.074 uksouth=8.725 japaneast=10.121 australiaeast=10.121 southeastasia=9.074 canadacentral=8.59 centralindia=9.772
Standard_NCC40ads_H100_v5 eastus2=8.82 southcentralus=9.73 westeurope=10.74
Standard_NC80adis_H100_v5 eastus=13.96 eastus2=13.96 westus2=13.96 westus3=13.96 southcentralus=16.76 northeurope=16.752 westeurope=18.16 swedencentral=18.148 uksouth=17.45 japaneast=20.242 australiaeast=20.242 southeastasia=18.148 canadacentral=17.18 centralindia=19.544
Standard_ND96isr_H100_v5 eastus=98.32 eastus2=98.32 westus2=98.32 westus3=98.32 southcentralus=117.968 westeurope=127.816 swedencentral=127.816 uksouth=122.9 japaneast=142.564 australiaeast=142.6 canadacentral=117.984
Standard_ND96isr_H200_v5 eastus2=84.8 westus2=84.8 westus3=84.8 northeurope=101.76 swedencentral=110.272 uksouth=106 francecentral=106 japaneast=106 australiaeast=122.96 southeastasia=110.24 brazilsouth=169.6
Standard_NV32as_v4 eastus=1.864 eastus2=1.864 westus2=1.864 westus3=1.864 southcentralus=2.237 northeurope=2.237 westeurope=2.33 swedencentral=2.61 uksouth=2.33 francecentral=2.33 japaneast=2.703 australiaeast=2.703 southeastasia=2.423 canadacentral=2.237 centralindia=2.61
Standard_NG32ads_V620_v1 eastus2=2.54 westus3=2.54 westeurope=3.302 swedencentral=3.302 uksouth=3.18 japaneast=3.68
`;
